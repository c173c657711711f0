"""Asking in the inspector: one line, a row of its own on top, and all that an item can do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from engine.records.decodings.beam import Beam
from engine.records.protocol import (
    Ask,
    Cancel,
    Decode,
    Ended,
    Failed,
    ItemAsked,
    OpenRun,
    Probe,
    Request,
)
from engine.records.scores import Judgement, Score, ScoredItem
from engine.runs.annotations import read_annotations
from engine.runs.asked import AskedLog
from engine.runs.log import RunLog
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import WANDA, manifest, redecode, scored_items
from tests.scripted_client import ScriptedEngine
from tests.stage_helpers import demoted
from tui.screens.lab import LabScreen
from tui.screens.stage import StageScreen
from tui.screens.variants import VariantsScreen
from tui.screens.xray import XRayScreen

CHILE = "What is the capital of Chile? = Santiago | Lima"


def asked_item(ask: Ask, number: int) -> ScoredItem:
    """What the engine might say to a question."""
    original = demoted(scored_items(34, hostile=False))[0]
    item = replace(
        original.item,
        id=f"asked-{number}",
        question=ask.question,
        gold=ask.gold,
        aliases=(),
        options=(),
        stem=ask.stem or None,
        passage=None,
    )
    scores = original.scores
    if not ask.gold:
        scores = {name: _unjudged(score) for name, score in scores.items()}
    return replace(original, item=item, scores=scores, notes=("asked",))


def _unjudged(score: Score) -> Score:
    assert score.open is not None
    judgement = Judgement(correct=None, explanation="there is no gold answer to compare with")
    return Score(open=replace(score.open, judgement=judgement, failure=None))


class AnsweringEngine(ScriptedEngine):
    """Answers what is asked, unless it is told to wait; decodes and probes it like an item."""

    waits = False
    answered = 0

    async def send(self, request: Request) -> None:
        if not isinstance(request, Ask):
            await super().send(request)
            return
        self.sent.append(request)
        if request.question == "Fail?":
            self.emit(Failed(id=request.id, message="too long", hint="Ask less"))
            self.emit(Ended(id=request.id))
        elif not self.waits:
            await asyncio.sleep(0)
            self.answer(request)

    def answer(self, request: Ask) -> None:
        self.answered += 1
        scored = asked_item(request, self.answered)
        self.scored.append(scored)
        self.emit(ItemAsked(id=request.id, scored=scored), Ended(id=request.id))


def engine(count: int = 30) -> AnsweringEngine:
    return AnsweringEngine(scored_items(count))


async def ask(it: Opened, line: str, *, answered: int) -> None:
    await it.press("a")
    it.screen.query_one("#ask-question", Input).value = line
    await it.pilot.pause()
    await it.press("enter")
    await it.until(lambda: len(it.app.session.state.asked_items) == answered)
    await it.until(lambda: not it.screen.query_one("#ask").display)


def requests(it: Opened) -> list[Ask]:
    return [request for request in it.engine.sent if isinstance(request, Ask)]


async def test_a_question_that_was_asked_is_found_by_its_text() -> None:
    async with opened(engine()) as it:
        await ask(it, "Who wrote Faust? = Goethe", answered=1)
        await it.press("end", "f", *"faust")
        await it.until(lambda: it.table.number == -1)


async def test_a_question_is_typed_in_one_line_and_stands_on_top() -> None:
    async with opened(engine()) as it:
        counted = drawn(it.screen.query_one("#outcomes"))
        total = it.table.count
        await it.press("down", "down", "a", *"What is the capital of Chile?")
        stem = it.screen.query_one("#ask-stem", Input)
        assert stem.value == "The capital of Chile is"
        it.screen.query_one("#ask-question", Input).value = CHILE
        await it.press("enter")
        await it.until(lambda: it.current_id == "asked-1")
        [request] = requests(it)
        assert (request.question, request.gold) == ("What is the capital of Chile?", "Santiago")
        assert request.options == ("Lima",)
        assert request.stem == "The capital of Chile is"
        assert not it.screen.query_one("#ask").display
        assert it.app.focused is it.table
        assert (it.table.index, it.table.count) == (0, total + 1)
        row = drawn(it.table).splitlines()[1]
        assert row.lstrip().startswith("?")
        assert "Santiago" in row
        assert "asked" in drawn(it.screen.query_one("#question"))
        # Nothing is counted, sorted, filtered or exported with it.
        assert drawn(it.screen.query_one("#outcomes")) == counted
        run = it.app.session.state.run()
        assert run is not None
        assert len(run.scored) == total

        await it.press("full_stop")
        assert it.table.numbers[0] == -1
        await it.press("slash", *"santiago", "enter")
        assert it.table.count == 0
        await it.press("escape", "1")
        assert all(number >= 0 for number in it.table.numbers)
        # The next one is on top, whatever was shown.
        await ask(it, "Who wrote Faust?", answered=2)
        assert it.current_id == "asked-2"
        assert list(it.table.numbers[:3])[:2] == [-2, -1]


async def test_all_that_an_item_can_do_works_on_it() -> None:
    async with opened(engine()) as it:
        await ask(it, CHILE, answered=1)
        await it.press("b")
        state = it.app.session.state
        await it.until(lambda: bool(state.results("asked-1")))
        [request] = it.sent(Decode)
        assert isinstance(request, Decode)
        assert (request.item_id, request.variants) == ("asked-1", (WANDA,))
        assert list(state.redecodes) == []
        for key, screen in (("enter", LabScreen), ("u", VariantsScreen), ("x", XRayScreen)):
            await it.press(key)
            page = it.app.screen
            assert isinstance(page, screen)
            if isinstance(page, XRayScreen):
                await it.press("d")
                await it.until(lambda: bool(state.found("asked-1", WANDA, "depth")))
                [probe] = it.sent(Probe)
                assert isinstance(probe, Probe)
                assert probe.item_ids == ("asked-1",)
            await it.press("escape")
        await it.press("S")
        stage = it.app.screen
        assert isinstance(stage, StageScreen)
        assert (stage.item_id, stage.whole) == ("asked-1", 5)
        await it.press("escape", "y")
        assert "id: asked-1" in it.app.clipboard
        assert not any(item_id.startswith("asked") for item_id in it.screen.shown_ids)
        await it.press("down")
        assert it.current_id != "asked-1"


async def test_without_a_gold_answer_two_answers_stand_there_and_no_verdict() -> None:
    async with opened(engine(), size=(160, 40)) as it:
        await ask(it, "Who wrote Faust?", answered=1)
        [request] = requests(it)
        assert (request.gold, request.stem) == ("", None)
        row = drawn(it.table).splitlines()[1]
        assert "✓" not in row
        assert "✗" not in row
        await it.press("b", "enter")
        await it.until(lambda: bool(it.app.session.state.results("asked-1")))


async def test_a_stem_of_ones_own_stays_and_an_empty_one_is_none() -> None:
    async with opened(engine()) as it:
        await it.press("a", *"What is the capital of Chil", "tab")
        stem = it.screen.query_one("#ask-stem", Input)
        assert it.app.focused is stem
        stem.value = "Chile's capital:"
        await it.press("shift+tab", "end", "e", "question_mark", "enter")
        await it.until(lambda: len(requests(it)) == 1)
        assert requests(it)[0].stem == "Chile's capital:"
        await it.until(lambda: it.current_id == "asked-1")
        await it.press("a", *"What is the capital of Peru?")
        assert stem.value == "The capital of Peru is"
        stem.value = ""
        await it.press("enter")
        await it.until(lambda: len(requests(it)) == 2)
        assert requests(it)[1].stem == ""


async def test_what_is_wrong_is_said_beside_the_line_and_can_be_mended() -> None:
    async with opened(engine()) as it:
        note = it.screen.query_one("#ask-note")
        await it.press("a", *"Who? = | a | b", "enter")
        await it.until(lambda: "the right answer comes first" in drawn(note))
        assert not requests(it)
        await it.press("escape")
        assert not it.screen.query_one("#ask").display
        await it.press("a", *"Fail?", "enter")
        await it.until(lambda: "too long. Ask less" in drawn(note))
        await it.press("a")
        question = it.screen.query_one("#ask-question", Input)
        assert question.value == "Fail?"
        assert it.app.focused is question


async def test_it_waits_its_turn_and_can_be_cancelled() -> None:
    waiting = engine()
    waiting.waits = True
    async with opened(waiting) as it:
        note = it.screen.query_one("#ask-note")
        await it.press("a", *"Who?", "enter")
        await it.until(lambda: "dense, wanda 45 % answer" in drawn(note))
        await it.press("escape")
        await it.until(lambda: not it.screen.query_one("#ask").display)
        assert len(it.sent(Cancel)) == 1
        # While one is answered the next can be typed already.
        await it.press("a", *"Why?", "enter", "a", *"Where")
        waiting.answer(requests(it)[-1])
        await it.until(lambda: it.current_id == "asked-1")
        question = it.screen.query_one("#ask-question", Input)
        assert (question.value, it.app.focused) == ("Where", question)


async def test_a_saved_run_has_what_was_asked_of_it_and_asks_its_engine(tmp_path: Path) -> None:
    scored = scored_items(10)
    run = tmp_path / "run"
    with RunLog.open(run, manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
        asked = asked_item(Ask(question="Who wrote Faust?", gold="Goethe"), 1)
        kept = AskedLog(run)
        kept.append_scored(asked)
        kept.append_redecode(redecode(asked, WANDA, Beam()))
    async with opened(engine(10), saved=run) as it:
        assert it.table.count == len(scored) + 1
        assert it.current_id == "asked-1"
        assert [one.decoding for one in it.app.session.state.results("asked-1")] == [Beam()]
        assert not it.engine.sent
        await it.press("a", *CHILE, "enter")
        await it.until(lambda: len(it.engine.sent) == 2)
        assert [type(request) for request in it.engine.sent] == [OpenRun, Ask]


async def test_it_takes_stars_tags_notes_and_verdicts_and_counts_for_nothing(
    tmp_path: Path,
) -> None:
    scored = scored_items(10)
    run = tmp_path / "run"
    with RunLog.open(run, manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
        AskedLog(run).append_scored(asked_item(Ask(question="Who wrote Faust?", gold="Goethe"), 1))
    async with opened(saved=run) as it:
        counted = drawn(it.screen.query_one("#outcomes"))
        assert it.current_id == "asked-1"
        before = it.screen.row(-1).variant.open
        assert before is not None
        await it.press("asterisk", "exclamation_mark")
        after = it.screen.row(-1).variant.open
        assert after is not None
        assert after.overruled
        assert after.judgement.correct is not before.judgement.correct
        row = drawn(it.table).splitlines()[1]
        assert "★" in row
        assert "!" in row
        assert drawn(it.screen.query_one("#outcomes")) == counted
        assert "overruled" not in drawn(it.screen.query_one("#run"))
        assert read_annotations(run).keys() == {"asked-1"}
        await it.press("U")
        assert it.screen.row(-1).variant.open == before
    async with opened(saved=run) as it:
        assert it.screen.row(-1).annotation.starred


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 50)])
async def test_the_line_fits(size: tuple[int, int]) -> None:
    async with opened(engine(), size=size) as it:
        await it.press("a")
        bar = it.screen.query_one("#ask")
        assert (bar.size.height, bar.size.width) == (1, size[0] - 2)
        stem, question = (it.screen.query_one(f"#ask-{name}") for name in ("stem", "question"))
        assert stem.size.width >= 20
        assert question.size.width >= 30
        assert stem.region.right <= size[0]
