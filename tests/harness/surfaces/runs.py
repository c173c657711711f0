"""Run directories that are opened, and logs of other programs that are imported."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.analysis.frame import run_frame
from engine.importing import import_runs
from engine.records.decodings.beam import Beam
from engine.records.instruments.depth import Depth
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.index import index_log
from engine.runs.log import RunLog
from engine.runs.reading import ITEMS, LOG, MANIFEST, Run, read_run
from tests.harness.hostile import altered, as_line, mangled, texts, unsealed
from tests.harness.surface import Surface
from tests.harness.surfaces.items import as_parquet
from tests.inspector_fixtures import WANDA, finding, redecode
from tests.runs_helpers import make_manifest, one_of_each
from tests.test_import import harness_answer, harness_choice, lighteval_rows
from tui.state.saved import saved_state

FILES = (MANIFEST, ITEMS, LOG)


@functools.cache
def _whole() -> dict[str, bytes]:
    """The files of a small run, which has everything that a log can have."""
    scored = one_of_each()[:3]
    items = [each.item for each in scored]
    with tempfile.TemporaryDirectory() as directory:
        with RunLog.open(Path(directory), make_manifest(items), items) as log:
            log.append_scored(scored)
            log.append_redecode(redecode(scored[1], WANDA, Beam()))
            log.append_findings([finding(scored[1], WANDA, Depth())])
        return {name: (Path(directory) / name).read_bytes() for name in FILES}


@st.composite
def _damaged_run(draw: DrawFn) -> dict[str, bytes]:
    files = dict(_whole())
    if draw(st.booleans()):
        files = {name: unsealed(data) for name, data in files.items()}
    name = draw(st.sampled_from(FILES))
    if draw(st.booleans()):
        files[name] = draw(mangled(files[name]))
        return files
    lines = files[name].splitlines(keepends=True)
    at = draw(st.integers(0, len(lines) - 1))
    lines[at] = as_line(draw(altered(json.loads(lines[at]))))
    files[name] = b"".join(lines)
    return files


def _open(files: dict[str, bytes], directory: Path) -> None:
    run = directory / "run"
    run.mkdir(exist_ok=True)
    for name, data in files.items():
        (run / name).write_bytes(data)
    index_log(run / LOG)
    saved_state(run, lambda done, of: None)
    _shown(read_run(run))


def _shown(run: Run) -> None:
    run_frame(run)
    render_text(full_summary(run))


_HARNESS = [
    harness_choice(0, [-1, -2, -3]),
    harness_choice(1, [-3, -2, -1]),
]
_ANSWERS = [harness_answer(0, "Paris"), harness_answer(1, "a museum")]
_TARGETS = st.one_of(
    texts(),
    st.sampled_from(
        (
            "[",
            "[" * 100_000,
            "[" + "-" * 20_000 + "1]",
            "['\\ud800']",
            "[{}, {1: 2}, {[]}]",
            "['a', 3, None]",
            "['\\d']",
            "[1e999]",
            "[]",
            "9" * 5_000,
            "²",
        )
    ),
)


@st.composite
def _samples(draw: DrawFn) -> tuple[bytes, bytes]:
    lines: list[dict[str, Any]] = draw(st.sampled_from((_HARNESS, _ANSWERS)))
    whole = b"".join(map(as_line, lines))
    match draw(st.integers(0, 2)):
        case 0:
            other = draw(mangled(whole))
        case 1:
            other = b"".join(map(as_line, draw(altered(lines))))
        case _:
            other = whole = b"".join(as_line(one | {"target": draw(_TARGETS)}) for one in lines)
    return whole, other


@st.composite
def _details(draw: DrawFn) -> tuple[bytes, bytes]:
    rows = lighteval_rows(["", "It is Paris"], [[-1.0, -2.0], [-0.1, -0.2]]).to_dicts()
    whole = as_parquet(rows)
    if draw(st.booleans()):
        return whole, draw(mangled(whole, (b"PAR1", b"\xff" * 8)))
    changed = as_parquet(draw(altered(rows, _plain_values())))
    return changed, changed


def _plain_values() -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.integers(-2, 5), st.floats(), texts(), st.just([]), st.just({}))


def _import(suffix: str) -> Any:
    def attempt(case: tuple[bytes, bytes], directory: Path) -> None:
        paths = []
        for name, data in zip(("dense", "pruned"), case, strict=True):
            path = directory / name / f"samples{suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            paths.append(path)
        run = directory / "imported"
        shutil.rmtree(run, ignore_errors=True)
        _shown(import_runs(paths[0], paths[1], run))

    return attempt


SURFACES = (
    Surface("run directories", _damaged_run(), _open),
    Surface("logs of lm-evaluation-harness", _samples(), _import(".jsonl")),
    Surface("logs of lighteval", _details(), _import(".parquet")),
)
