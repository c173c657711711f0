"""What a person notes of items is on disk at once, and counts wherever the run is told of."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.analysis.filters import parse_filter
from engine.analysis.frame import run_frame
from engine.analysis.overruling import annotated
from engine.analysis.recovery_items import parse_recover_filter
from engine.analysis.rejudging import read_judged, rejudge
from engine.analysis.summary import summarize
from engine.records.annotations import (
    Annotation,
    NoteWritten,
    Overruled,
    Starred,
    Tagged,
    parse_tags,
)
from engine.records.errors import UserError
from engine.reports.export import export
from engine.reports.markdown import to_markdown
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.annotations import ANNOTATIONS, AnnotationLog, read_annotations
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.cli_helpers import ROOT, environment, run_cli
from tests.runs_helpers import PRUNED, make_manifest, one_of_each


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run on disk with an item of every outcome, whose names are the items' ids."""
    scored = one_of_each()
    items = [one.item for one in scored]
    directory = tmp_path / "run"
    with RunLog.open(directory, make_manifest(items), items) as log:
        log.append_scored(scored)
    return directory


def overrule(run: Path, verdicts: dict[str, bool | None], *items: str) -> None:
    AnnotationLog(run).append(Overruled(items=items, verdicts=verdicts))


# -- the file ---------------------------------------------------------------------------------


def test_changes_add_up_and_are_taken_back_one_after_the_other(run: Path) -> None:
    log = AnnotationLog(run)
    log.append(Starred(items=("kept", "lost"), starred=True))
    log.append(Tagged(items=("lost",), add=("loop-ish", "odd")))
    log.append(Tagged(items=("lost",), remove=("odd",)))
    log.append(NoteWritten(items=("lost",), note="says Rome"))
    log.append(Overruled(items=("lost",), verdicts={PRUNED: True, "dense": False}))
    log.append(Overruled(items=("lost",), verdicts={"dense": None}))
    whole = Annotation(starred=True, tags=("loop-ish",), note="says Rome", verdicts={PRUNED: True})
    assert read_annotations(run) == log.by_item == {"kept": Annotation(starred=True), "lost": whole}
    again = AnnotationLog(run)
    words = []
    while (change := again.undo()[0]) is not None:
        words.append(change.words)
    assert words == ["verdict", "verdict", "note", "tag -odd", "tag loop-ish odd", "star"]
    assert read_annotations(run) == again.by_item == {}


def test_two_processes_write_one_file_and_take_back_only_their_own(run: Path) -> None:
    first, second = AnnotationLog(run), AnnotationLog(run)
    first.append(Starred(items=("kept",), starred=True))
    assert second.append(Tagged(items=("kept",), add=("odd",))) == {"kept"}
    assert first.refresh() == {"kept"}
    assert first.by_item == second.by_item == {"kept": Annotation(starred=True, tags=("odd",))}
    first.undo()
    assert first.undo() == (None, set())
    assert read_annotations(run) == {"kept": Annotation(tags=("odd",))}


def test_a_torn_last_line_is_dropped_and_written_over(run: Path) -> None:
    AnnotationLog(run).append(Starred(items=("kept",), starred=True))
    path = run / ANNOTATIONS
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    log = AnnotationLog(run)
    assert log.by_item == {"kept": Annotation(starred=True)}
    log.append(Starred(items=("lost",), starred=True))
    assert path.read_bytes().startswith(whole)
    assert set(read_annotations(run)) == {"kept", "lost"}


def test_a_damaged_line_is_named(run: Path) -> None:
    AnnotationLog(run).append(Starred(items=("kept",), starred=True))
    path = run / ANNOTATIONS
    path.write_bytes(b'{"change":"dance"}\n' + path.read_bytes())
    with pytest.raises(UserError, match="line 1 is damaged"):
        read_annotations(run)


def test_where_there_is_no_run_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run"):
        AnnotationLog(tmp_path).append(Starred(items=("kept",), starred=True))
    assert not list(tmp_path.iterdir())


WRITER = """
import sys
from pathlib import Path
from engine.records.annotations import Tagged
from engine.runs.annotations import AnnotationLog

log = AnnotationLog(Path(sys.argv[1]))
number = 0
while True:
    log.append(Tagged(items=("kept",), add=(f"{sys.argv[2]}{number}",)))
    print(number, flush=True)
    number += 1
"""


def test_what_was_noted_survives_kills_while_two_processes_write(run: Path, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(run), name],
            env=environment(tmp_path),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    told = set()
    for name, writer in zip(("a", "b"), writers, strict=True):
        assert writer.stdout is not None
        for _ in range(10):
            told.add(f"{name}{int(writer.stdout.readline())}")
        writer.send_signal(signal.SIGKILL)
        told.update(f"{name}{number}" for number in writer.stdout.read().split())
        writer.wait()
    assert told <= set(read_annotations(run)["kept"].tags)
    AnnotationLog(run).append(Starred(items=("kept",), starred=True))
    assert read_annotations(run)["kept"].starred


def test_tags_are_read_as_they_are_typed() -> None:
    assert parse_tags("loop-ish, odd  -old odd") == (("loop-ish", "odd"), ("old",))
    for text in ("", " , ", "-", "a|b", "x" * 41, "a\x1b[2J"):
        with pytest.raises(UserError):
            parse_tags(text)


# -- what counts ------------------------------------------------------------------------------


def test_an_overruled_verdict_changes_outcome_summary_and_reports(run: Path) -> None:
    log = (run / "log.jsonl").read_bytes()
    overrule(run, {PRUNED: True}, "recognition-only")
    overrule(run, {"dense": False}, "kept")
    # The judge says the same: that is no correction.
    overrule(run, {PRUNED: False}, "never")
    found = annotated(read_run(run))
    frame = run_frame(found)
    assert frame["outcome"].to_list() == ["gained", "kept", "lost", "gained", "never"]
    assert frame["pruned_overruled"].to_list() == [False, True, False, False, False]
    assert frame["pruned_failure"][1] is None
    summary = summarize(found)
    assert summary.overruled == 2
    assert summary.outcomes["recognition-only"] == 0
    assert summary.variants["pruned"].open_accuracy == 3 / 5
    assert "2 verdicts overruled by hand" in render_text(full_summary(found))
    assert "✓\\! a city in the north" in to_markdown(found, frame).decode()
    # Neither the log nor what the judge's rules say of the text has changed.
    assert (run / "log.jsonl").read_bytes() == log
    assert frame["pruned_containment"][1] is False


def test_judging_again_keeps_what_was_overruled(run: Path) -> None:
    overrule(run, {PRUNED: True}, "recognition-only", "kept")
    judged = rejudge(run, "exact")
    assert judged == read_judged(run, "exact")
    # "It is Paris." isn't exactly the gold answer: there, only the person says that it is right.
    assert run_frame(judged)["outcome"].to_list()[:2] == ["kept", "kept"]
    assert summarize(judged).overruled == 2
    AnnotationLog(run).undo()
    assert run_frame(read_judged(run, "exact"))["outcome"][0] == "recognition-only"


def test_notes_are_columns_at_the_end_and_nested_in_jsonl(run: Path, tmp_path: Path) -> None:
    log = AnnotationLog(run)
    log.append(Tagged(items=("lost", "never"), add=("loop-ish", "odd")))
    log.append(NoteWritten(items=("lost",), note="says [/b] Rome"))
    log.append(Overruled(items=("lost",), verdicts={PRUNED: True}))
    found = annotated(read_run(run))
    frame = run_frame(found)
    assert (
        r"capital of lost? \#loop-ish \#odd ✎ says \[/b\] Rome"
        in to_markdown(found, frame).decode()
    )
    assert frame.columns[-5:] == ["starred", "tags", "note", "dense_overruled", "pruned_overruled"]
    assert frame.row(2)[-5:] == (False, "loop-ish | odd", "says [/b] Rome", False, True)
    for long, side in ((False, "scores"), (True, "score")):
        path = tmp_path / f"{long}.jsonl"
        export(found, path, long=long)
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        row = next(row for row in rows if row["item_id"] == "lost" and row["variant"] == PRUNED)
        assert row["annotation"]["verdicts"] == {PRUNED: True}
        score = row[side] if long else row[side][PRUNED]
        assert score["open"]["judgement"]["correct"] is True
        assert score["open"]["judged"]["correct"] is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("starred", "kept"),
        ("-starred", "recognition-only lost gained never"),
        ("starred:no tag:odd", "lost never"),
        ("tag:LOOP-ISH", "lost"),
        ("tag:loop", ""),
        ("tag:loop-ish,odd", "lost never"),
        ("tag:absent", "kept recognition-only gained"),
        ("note:rome", "lost"),
        ("overruled", "lost gained"),
        ("overruled:yes", "lost gained"),
        ("-overruled outcome:kept", "kept"),
        ("dense_overruled:yes", "gained"),
        ('"starred"', ""),
    ],
)
def test_notes_can_be_filtered_by(run: Path, text: str, expected: str) -> None:
    log = AnnotationLog(run)
    log.append(Starred(items=("kept",), starred=True))
    log.append(Tagged(items=("lost",), add=("loop-ish",)))
    log.append(Tagged(items=("lost", "never"), add=("odd",)))
    log.append(NoteWritten(items=("lost",), note="says Rome"))
    log.append(Overruled(items=("lost",), verdicts={PRUNED: True}))
    log.append(Overruled(items=("gained",), verdicts={"dense": True}))
    frame = run_frame(annotated(read_run(run)))
    assert frame.filter(parse_filter(text))["item_id"].to_list() == expected.split()


def test_what_is_noted_later_chooses_no_items_for_recovery() -> None:
    with pytest.raises(UserError, match="which a person notes later"):
        parse_recover_filter("starred")


def test_commands_count_them(run: Path, tmp_path: Path) -> None:
    overrule(run, {PRUNED: True}, "recognition-only")
    judged = run_cli(tmp_path, "judge", run, "--judge", "containment", "--json")
    assert judged.returncode == 0, judged.stderr
    summary = json.loads(judged.stdout)
    assert (summary["overruled"], summary["outcomes"]["kept"]) == (1, 2)
    table = tmp_path / "x.csv"
    done = run_cli(tmp_path, "export", run, "--to", table, "--filter", "overruled outcome:kept")
    assert done.stderr == f"1 items in {table}\n"
