"""A saved run is judged anew without a model, and keeps what it was."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.analysis.frame import run_frame
from engine.analysis.rejudging import judged_name, read_judged, rejudge
from engine.analysis.summary import summarize
from engine.records.decodings.beam import Beam
from engine.records.scores import ScoredItem
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.runs_helpers import PRUNED, edit_log, make_manifest, make_redecode, one_of_each

SCORED = one_of_each()
ITEMS = [one.item for one in SCORED]


def saved(directory: Path) -> Path:
    with RunLog.open(directory, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored(SCORED)
        log.append_redecode(make_redecode(ITEMS[1], Beam(), "it is Paris", "Paris"))
    return directory


def test_verdicts_change_and_the_log_does_not(tmp_path: Path) -> None:
    before = saved(tmp_path).joinpath("log.jsonl").read_bytes()
    original = read_run(tmp_path)
    run = rejudge(tmp_path, "exact")
    assert run_frame(original)["outcome"][0] == "kept"
    # "It is Paris." contains the gold answer; it is not exactly that.
    assert run_frame(run)["outcome"][0] == "recognition-only"
    assert [redecode.recovered_at for redecode in run.redecodes] == [2]
    assert summarize(run).judge == "exact"
    assert (tmp_path / "log.jsonl").read_bytes() == before
    assert read_run(tmp_path) == original
    assert read_judged(tmp_path, "exact") == run


def test_what_was_judged_once_stays_so_and_the_rest_is_judged_now(tmp_path: Path) -> None:
    saved(tmp_path)
    rejudge(tmp_path, "f1")
    path = tmp_path / judged_name("f1")
    marked = b'"explanation":"as judged then"'
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0])
    edit_log(path, b'"explanation":"is exactly the gold answer"', marked)
    path.write_bytes(path.read_bytes() + b"".join(lines[2:]))
    assert marked in path.read_bytes()
    run = read_judged(tmp_path, "f1")
    opened = run.scored[ITEMS[0].id].scores["dense"].open
    assert opened is not None
    assert opened.judgement.explanation == "as judged then"
    assert list(run.scored) == [item.id for item in ITEMS]
    later = run.scored[ITEMS[1].id].scores[PRUNED].open
    assert later is not None
    assert not later.judgement.correct


def test_an_item_scored_again_is_judged_again(tmp_path: Path) -> None:
    saved(tmp_path)
    rejudge(tmp_path, "exact")
    other = msgspec.structs.replace(SCORED[0], scores=SCORED[2].scores)
    with RunLog.attach(tmp_path) as log:
        log.append_scored([other])
    answer = read_judged(tmp_path, "exact").scored[ITEMS[0].id].scores[PRUNED].open
    assert answer is not None
    assert answer.text == "Rome"


def test_a_run_that_goes_on_after_re_judging_is_still_one_run(tmp_path: Path) -> None:
    saved(tmp_path)
    rejudge(tmp_path, "exact")
    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        assert log.unscored == []


def test_how_answers_fail_is_judged_anew_with_them(tmp_path: Path) -> None:
    saved(tmp_path)
    modes = run_frame(read_run(tmp_path))["pruned_failure"].to_list()
    assert modes == [None, "other", "other-option", None, "other-option"]
    run = rejudge(tmp_path, "exact")
    # "It is Paris." is wrong now, and fails in no other way.
    assert run_frame(run)["pruned_failure"].to_list() == ["other", *modes[1:]]
    answer = run.scored[ITEMS[0].id].scores[PRUNED].open
    assert answer is not None
    assert answer.explanation == "contains the gold answer, but the rule is exact match"


def test_a_run_without_failure_modes_has_them_when_it_is_read(tmp_path: Path) -> None:
    def without(scored: ScoredItem) -> ScoredItem:
        scores = {}
        for name, score in scored.scores.items():
            assert score.open is not None
            bare = msgspec.structs.replace(score.open, failure=None)
            scores[name] = msgspec.structs.replace(score, open=bare)
        return msgspec.structs.replace(scored, scores=scores)

    with RunLog.open(tmp_path, make_manifest(ITEMS), ITEMS) as log:
        log.append_scored([without(one) for one in SCORED])
    assert list(read_run(tmp_path).scored.values()) == SCORED
