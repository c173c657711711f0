"""A run's state, folded from events: what the screens may rely on."""

from __future__ import annotations

from msgspec.structs import replace

from engine.analysis.filters import parse_filter
from engine.analysis.frame import pairs_frame, run_frame
from engine.analysis.summary import summarize
from engine.records.decodings.beam import Beam
from engine.records.protocol import (
    Decode,
    DecodeFinished,
    Ended,
    ItemScored,
    Progress,
    RunFinished,
    RunOpened,
    ScoringPaused,
)
from engine.records.scores import Score
from engine.records.settings import Settings
from engine.reports.markdown import to_markdown
from engine.reports.plain import render_text
from tests.inspector_fixtures import WANDA, manifest, redecode, scored_items
from tui.state.decodes import LiveDecode
from tui.state.ordering import Ordering, SortKey
from tui.state.state import Change, RunState
from tui.state.view import View, counts, shown


def opened(total: int, done: int = 0) -> RunState:
    state = RunState(Settings())
    state.fold(RunOpened(directory="here", manifest=manifest(total), items=total, done=done))
    return state


def test_the_time_left_is_reckoned_from_the_pace_of_batches() -> None:
    scored = scored_items(24, hostile=False)
    state = opened(48, done=8)
    for number, one in enumerate(scored):
        batch = number // 8
        state.fold(ItemScored(scored=one), now=100.0 + 10 * batch + 0.001 * (number % 8))
        if number < 16:
            assert state.seconds_left(now=100.0 + 10 * batch) is None
    left = state.seconds_left(now=120.0)
    assert left is not None
    assert abs(left - 30) < 0.1
    later = state.seconds_left(now=125.0)
    assert later is not None
    assert abs(later - 25) < 0.1
    state.fold(ScoringPaused(paused=True))
    assert state.seconds_left(now=125.0) is None


def test_a_model_that_a_question_loaded_after_the_run_was_over_is_no_longer_told_of() -> None:
    [scored] = scored_items(1, hostile=False)
    state = opened(1, done=1)
    state.fold(ItemScored(scored=scored))
    state.fold(RunFinished(seconds=1.0))
    question = Decode(item_id=scored.item.id, variants=(WANDA,), decoding=Beam())
    state.questions.add(LiveDecode(question))
    state.fold(Progress(stage="load", detail="model", done=0, total=None))
    assert state.stage is not None
    answer = redecode(scored, WANDA, Beam())
    state.fold(DecodeFinished(id=question.id, redecode=answer))
    assert state.stage is None


def test_an_item_that_comes_again_changes_nothing() -> None:
    scored = scored_items(5, hostile=False)
    state = opened(5)
    for one in (*scored, *scored):
        state.fold(ItemScored(scored=one))
    assert state.frame(WANDA)["item_id"].to_list() == [one.item.id for one in scored]


def test_an_item_that_is_scored_otherwise_changes_its_row() -> None:
    scored = scored_items(5, hostile=False)
    state = opened(5)
    for one in scored:
        state.fold(ItemScored(scored=one))
    state.frame(WANDA)
    wrong = replace(scored[2], scores={**scored[2].scores, WANDA: Score()})
    state.fold(ItemScored(scored=wrong))
    assert state.frame(WANDA).equals(pairs_frame([*scored[:2], wrong, *scored[3:]], "dense", WANDA))


def test_the_frame_grows_with_the_items_and_knows_recoveries() -> None:
    scored = scored_items(20, hostile=False)
    state = opened(20)
    for one in scored[:12]:
        state.fold(ItemScored(scored=one))
    assert state.frame(WANDA).height == 12
    item_id = scored[3].item.id
    asked = LiveDecode.of(item_id, (WANDA,), Beam())
    state.questions.add(asked)
    assert state.questions.under_way(item_id, (WANDA,), Beam())
    result = redecode(scored[3], WANDA, Beam())
    request_id = asked.request.id
    assert state.fold(DecodeFinished(id=request_id, redecode=result)) & Change.ANSWERS
    state.fold(Ended(id=request_id))
    assert not state.questions.under_way(item_id, (WANDA,), Beam())
    for one in scored[12:]:
        state.fold(ItemScored(scored=one))
    frame = state.frame(WANDA)
    assert frame.height == 20
    assert shown(frame, View(condition=parse_filter("recovered:yes"))) == [3]
    assert state.results(item_id) == [result]


def test_a_view_filters_sorts_and_keeps_missing_values_last() -> None:
    state = opened(40)
    for one in scored_items(40, hostile=False):
        state.fold(ItemScored(scored=one))
    frame = state.frame(WANDA)
    found = counts(frame)
    assert sum(found.values()) == 40
    lost = shown(frame, View(outcome="lost"))
    assert len(lost) == found["lost"]
    for descending in (False, True):
        ordering = Ordering((SortKey(("pruned_gold_rank",), descending),))
        numbers = shown(frame, View(ordering=ordering))
        ranks = [frame["pruned_gold_rank"][number] for number in numbers]
        assert ranks == sorted(ranks, reverse=descending)


def test_an_export_in_the_middle_of_a_run_says_how_much_is_missing() -> None:
    state = opened(183)
    for one in scored_items(9, hostile=False):
        state.fold(ItemScored(scored=one))
    run = state.run()
    assert run is not None
    heading = to_markdown(run, run_frame(run)).decode().splitlines()[0]
    assert heading.endswith("9 of 183 items, the rest is not scored yet")
    assert "9 of 183 items" in render_text(summarize(run))
