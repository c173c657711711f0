"""What is asked counts for nothing: no figure of a run changes, whatever was asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from engine.analysis.asked import with_asked, without_asked
from engine.analysis.overruling import annotated
from engine.analysis.rejudging import rejudge
from engine.items.halves import halves
from engine.records.annotations import Overruled, Starred
from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.records.instruments.fork import Fork
from engine.records.protocol import (
    DecodeFinished,
    Event,
    ItemAsked,
    ItemScored,
    ProbeFinished,
    RunOpened,
)
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from engine.reports.export import LONG_WRITERS, WRITERS, export
from engine.reports.report import full_summary
from engine.runs.annotations import AnnotationLog
from engine.runs.asked import AskedLog
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.cli_helpers import run_cli
from tests.inspector_fixtures import DENSE, WANDA, finding, manifest, redecode, scored_items
from tui.state.figures import Figures
from tui.state.saved import saved_state
from tui.state.state import RunState
from tui.state.view import counts

DECODINGS = (Beam(), Sample())


def asked_items(count: int) -> list[ScoredItem]:
    """As many that were asked, with outcomes of their own."""
    return [
        msgspec.structs.replace(
            one, item=msgspec.structs.replace(one.item, id=f"asked-{number}"), notes=("asked",)
        )
        for number, one in enumerate(scored_items(count, seed=11), start=1)
    ]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    scored = scored_items(30)
    directory = tmp_path / "run"
    with RunLog.open(directory, manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored[:-2])
        for one in scored[:10]:
            log.append_redecode(redecode(one, WANDA, Beam()))
            log.append_findings([finding(one, WANDA, Fork())])
    return directory


def ask(directory: Path) -> None:
    log = AskedLog(directory)
    for one in asked_items(20):
        log.append_scored(one)
        for decoding in DECODINGS:
            log.append_redecode(redecode(one, WANDA, decoding))
        log.append_findings([finding(one, WANDA, Fork())])


def figures(directory: Path, tables: Path) -> dict[str, Any]:
    """All that is computed from a run on disk, and all that leaves it."""
    tables.mkdir()
    found: dict[str, Any] = {}
    for suffix in WRITERS:
        path = tables / f"table{suffix}"
        export(read_run(directory), path)
        found[suffix] = path.read_bytes()
    for suffix in LONG_WRITERS:
        path = tables / f"long{suffix}"
        export(read_run(directory), path, long=True)
        found[f"long {suffix}"] = path.read_bytes()
    found["summary"] = msgspec.to_builtins(full_summary(read_run(directory)))
    found["judged"] = msgspec.to_builtins(full_summary(rejudge(directory, "exact")))
    with RunLog.attach(directory) as log:
        found["log"] = (log.items, log.scored, log.redecodes, log.findings, log.unscored)
        found["halves"] = halves(tuple(log.items.values()), seed=0)
    found["state"] = of_state(saved_state(directory, lambda done, total: None))
    return found


def of_state(state: RunState) -> dict[str, Any]:
    """The figures that the screens show."""
    known = state.run()
    assert known is not None
    computed = Figures.of(known, {})
    return {
        "scored": (state.scored, state.total, state.seconds_left()),
        "counts": counts(state.frame(WANDA)),
        "frame": state.frame(WANDA).to_dicts(),
        "statistics": msgspec.to_builtins(computed.statistics),
        "metrics": computed.metrics,
        "shifts": computed.shifts,
        "failures": computed.failures,
        "redecodes": list(known.redecodes),
        "findings": list(known.findings),
        "items": list(known.items),
    }


def test_no_figure_of_a_saved_run_has_it_in(run: Path, tmp_path: Path) -> None:
    before = figures(run, tmp_path / "before")
    ask(run)
    log = AnnotationLog(run)
    log.append(Starred(items=("asked-1",), starred=True))
    log.append(Overruled(items=("asked-1", "asked-2"), verdicts={WANDA: True}))
    after = figures(run, tmp_path / "after")
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert after[name] == value, name
    asked = saved_state(run, lambda done, total: None).asked_items
    assert list(asked.scored.values()) == asked_items(20)
    assert all(len(asked.redecodes[one]) == len(DECODINGS) for one in asked.scored)
    assert all(asked.findings[one] for one in asked.scored)


def test_an_export_has_it_in_where_that_is_asked_for(run: Path, tmp_path: Path) -> None:
    ask(run)
    log = AnnotationLog(run)
    log.append(Starred(items=("asked-1",), starred=True))
    before = annotated(read_run(run))
    assert "asked-1" not in before.annotations
    both = with_asked(before)
    assert without_asked(both) == msgspec.structs.replace(before, annotations={})
    for suffix in WRITERS:
        export(both, tmp_path / f"both{suffix}")
        export(before, tmp_path / f"items{suffix}")
    table = pl.read_parquet(tmp_path / "both.parquet")
    assert table.columns[-1] == "asked"
    assert table.filter("asked")["item_id"].to_list() == [one.item.id for one in asked_items(20)]
    items = pl.read_parquet(tmp_path / "items.parquet")
    assert table.filter(~pl.col("asked")).drop("asked").equals(items)
    lines = (tmp_path / "both.jsonl").read_bytes().splitlines()
    question = next(one for one in map(msgspec.json.decode, lines) if one["item_id"] == "asked-1")
    assert question["asked"] is True
    assert len(question["redecodes"]) == len(DECODINGS)
    assert question["annotation"]["starred"] is True
    # A report has these rows, and no other figure than without them.
    text, without = ((tmp_path / f"{name}.md").read_text() for name in ("both", "items"))
    title = f"## {len(items)} items"
    count = len(asked_items(20))
    both_title = f"## {len(table)} items, {count} of them asked"
    assert both_title in text
    assert text.partition(both_title)[0] == without.partition(title)[0]
    assert text.count("? asked") == count
    assert (tmp_path / "both.html").read_text().count("? asked") == count
    export(both, tmp_path / "long.csv", long=True)
    assert pl.read_csv(tmp_path / "long.csv").filter("asked").height == 2 * count


def test_the_command_exports_it(run: Path, tmp_path: Path) -> None:
    ask(run)
    both = 34 + len(asked_items(20))
    for more, count in ((), 34), (("--asked",), both), (("--asked", "--judge", "exact"), both):
        done = run_cli(tmp_path, "export", run, "--to", tmp_path / "table.csv", *more)
        assert done.returncode == 0, done.stderr
        assert f"{count} items in" in done.stderr


def folded(events: Sequence[Event]) -> RunState:
    state = RunState(Settings())
    state.fold(RunOpened(directory="here", manifest=manifest(40), items=40, done=0))
    for number, event in enumerate(events):
        state.fold(event, now=float(number // 40))
    return state


def test_no_figure_of_a_live_run_has_it_in() -> None:
    scored = scored_items(20)
    events: list[Event] = [ItemScored(scored=one) for one in scored]
    events.append(DecodeFinished(redecode=redecode(scored[3], WANDA, Beam())))
    poison: list[Event] = []
    for one in asked_items(5):
        poison += [
            ItemAsked(scored=one),
            DecodeFinished(redecode=redecode(one, WANDA, Beam())),
            ProbeFinished(finding=finding(one, WANDA, Fork())),
        ]
    state = folded([*poison[:9], *events, *poison[9:]])
    assert of_state(state) == of_state(folded(events))
    [first, *_] = asked_items(5)
    assert state.id_of(-1) == first.item.id == "asked-1"
    assert state.item("asked-1") == first
    assert [one.decoding for one in state.results("asked-1")] == [Beam()]
    assert len(state.found("asked-1", WANDA, "fork")) == 1
    assert state.demoted("asked-1", DENSE) is False
