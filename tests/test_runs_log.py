"""A run survives whatever happens to the process that writes it."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.records.errors import UserError
from engine.records.manifest import ModelRecord
from engine.records.settings import Settings
from engine.runs.directories import default_directory
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from engine.runs.sealing import opened, sealed
from tests.runs_helpers import (
    PRUNED,
    make_item,
    make_manifest,
    make_redecode,
    make_score,
    one_of_each,
    scored_item,
)

SCORED = one_of_each()
ITEMS = [scored.item for scored in SCORED]


def test_a_run_reads_back_as_it_was_written_in_the_order_of_the_items(tmp_path: Path) -> None:
    manifest = make_manifest(ITEMS)
    redecode = make_redecode(ITEMS[1], Beam(), "Oslo", "Paris")
    with RunLog.open(tmp_path / "run", manifest, ITEMS) as log:
        assert log.unscored == ITEMS
        log.append_scored(SCORED[3:])
        log.append_scored(SCORED[:3])
        log.append_redecode(make_redecode(ITEMS[1], Beam(), "Oslo"))
        log.append_redecode(redecode)
        log.append_redecode(make_redecode(ITEMS[1], Sample(), "Lima"))
        assert log.unscored == []
    run = read_run(tmp_path / "run")
    assert run.manifest == manifest
    assert list(run.items) == ITEMS
    assert list(run.scored.values()) == SCORED
    assert redecode in run.redecodes
    assert len(run.redecodes) == 2


def test_an_item_scored_twice_counts_as_scored_last(tmp_path: Path) -> None:
    again = scored_item(ITEMS[0], make_score(ITEMS[0], "Oslo"), make_score(ITEMS[0], "Lima"))
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED)
        log.append_scored([again])
    assert read_run(tmp_path).scored[ITEMS[0].id] == again


@pytest.mark.parametrize("torn", [1, 20, 200])
def test_a_torn_last_line_is_dropped_and_redone(tmp_path: Path, torn: int) -> None:
    manifest = make_manifest(ITEMS)
    with RunLog.open(tmp_path / "whole", manifest, ITEMS) as log:
        log.append_scored(SCORED)
    with RunLog.open(tmp_path / "torn", manifest, ITEMS) as log:
        log.append_scored(SCORED)
    path = tmp_path / "torn" / "log.jsonl"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - torn)
    assert list(read_run(tmp_path / "torn").scored) == [item.id for item in ITEMS[:-1]]
    with RunLog.open(tmp_path / "torn", manifest, ITEMS) as log:
        assert log.unscored == ITEMS[-1:]
        log.append_scored(SCORED[-1:])
    assert path.read_bytes() == (tmp_path / "whole" / "log.jsonl").read_bytes()


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED)
    path = tmp_path / "log.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"record":"scored"}\n', *lines[2:]]))
    with pytest.raises(UserError, match=r"log\.jsonl, line 2 is damaged"):
        read_run(tmp_path)


def test_infinite_and_missing_numbers_survive(tmp_path: Path) -> None:
    item = ITEMS[0]
    broken = make_score(item, "Paris", probability=math.nan, kl=math.inf)
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored([scored_item(item, make_score(item, "Paris"), broken)])
    score = read_run(tmp_path).scored[item.id].scores[PRUNED]
    assert score.gold is not None
    assert math.isnan(score.gold.probability)
    assert score.kl_options == math.inf


def test_going_on_needs_the_same_settings_and_items(tmp_path: Path) -> None:
    RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS).close()
    other = make_manifest(ITEMS, Settings(judge="exact", languages=("es",)))
    with pytest.raises(UserError) as failure:
        RunLog.open(tmp_path, other, ITEMS)
    assert "languages is empty there, es here; judge is containment there, exact here" in str(
        failure.value
    )
    assert "--out" in failure.value.hint
    items = [make_item("elsewhere")]
    with pytest.raises(UserError, match="other items"):
        RunLog.open(tmp_path, make_manifest(items), items)
    RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS).close()


def test_going_on_with_other_weights_is_refused_once_items_are_scored(tmp_path: Path) -> None:
    manifest = make_manifest(ITEMS)
    model = ModelRecord(name="m", source="m", architecture="Llama", parameters=1, weights_hash="a")
    first = msgspec.structs.replace(manifest, model=model)
    with RunLog.open(tmp_path, manifest, ITEMS) as log:
        log.write_manifest(first)
        log.append_scored(SCORED[:1])
    with RunLog.open(tmp_path, manifest, ITEMS) as log:
        assert log.manifest == first
        log.write_manifest(first)
        other = msgspec.structs.replace(model, weights_hash="b")
        with pytest.raises(UserError, match="the model's weights changed"):
            log.write_manifest(msgspec.structs.replace(manifest, model=other))


def test_the_second_process_says_so_and_stops(tmp_path: Path) -> None:
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED[:2])
        with pytest.raises(UserError, match=rf"process {os.getpid()} on .* is working on the run"):
            RunLog.attach(tmp_path)
        assert len(read_run(tmp_path).scored) == 2
    RunLog.attach(tmp_path).close()


WRITER = """
import sys, time
from pathlib import Path
from engine.runs.log import RunLog
from tests.runs_helpers import make_manifest, one_of_each
scored = one_of_each()
items = [one.item for one in scored]
with RunLog.open(Path(sys.argv[1]), make_manifest(items), items) as log:
    log.append_scored(scored[:3])
    print("written", flush=True)
    time.sleep(60)
"""


def test_a_killed_writer_leaves_what_it_wrote_and_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        writer.send_signal(signal.SIGKILL)
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        assert [item.id for item in log.unscored] == [item.id for item in ITEMS[3:]]


def test_a_full_disk_costs_the_last_write_only(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED[:1])
        before = (tmp_path / "log.jsonl").read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, hard))
        try:
            with pytest.raises(UserError, match="can't be written"):
                log.append_scored(SCORED[1:])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        assert (tmp_path / "log.jsonl").read_bytes() == before
        assert len(log.scored) == 1
        log.append_scored(SCORED[1:])
    assert list(read_run(tmp_path).scored.values()) == SCORED


def test_directories_that_hold_no_run_are_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match=r"holds other files \(thesis\.txt\) and no run"):
        RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS)
    for read in (read_run, RunLog.attach):
        with pytest.raises(UserError, match="there is no run in"):
            read(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_run_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS).close()
    path = tmp_path / "manifest.json"
    newer = opened(path.read_bytes(), "").replace(b'"format":1', b'"format":2')
    path.write_bytes(sealed(newer))
    with pytest.raises(UserError, match="a run in format 2"):
        read_run(tmp_path)


def test_the_same_command_finds_its_run_again() -> None:
    directory = default_directory(Settings(model="org/qwen", languages=("es",)))
    assert directory == default_directory(Settings(model="org/qwen", languages=("es",)))
    assert directory != default_directory(Settings(model="org/qwen", languages=("fr",)))
    assert directory.name.startswith("qwen-wanda-0.45-capitals-")
