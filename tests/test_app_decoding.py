"""Re-decoding in the inspector: what is asked for, and what is shown."""

from __future__ import annotations

import pytest

from engine.analysis.recovery_text import recovery_sentence
from engine.records.decodings.beam import Beam
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.protocol import (
    Cancel,
    Decode,
    Failed,
)
from tests.app_helpers import drawn, opened
from tests.inspector_fixtures import DENSE, WANDA, redecode, scored_items
from tests.scripted_client import ScriptedEngine
from tui.drawing.decode_lines import ItemDecodes, full_lines, overview_lines
from tui.drawing.hypothesis_lines import Names
from tui.drawing.lines import Line
from tui.drawing.marks import two_ended


@pytest.mark.parametrize(
    ("key", "decoding"), [("b", Beam()), ("s", Sample()), ("o", OneShot(example=None))]
)
async def test_one_key_re_decodes_the_item_and_its_result_stays(
    key: str, decoding: Decoding
) -> None:
    async with opened() as it:
        chosen = it.current_id
        await it.press(key)
        await it.until(lambda: bool(it.app.session.state.results(chosen)))
        request = it.sent(Decode)[0]
        assert isinstance(request, Decode)
        assert (request.item_id, request.variants) == (chosen, (WANDA,))
        assert request.decoding == decoding
        sentence = recovery_sentence(it.app.session.state.results(chosen)[0])
        await it.press("down", "up")
        assert sentence in drawn(it.screen.query_one("#decodes"))
        await it.press("slash", *"recovered:yes", "enter")
        assert it.table.count == 1


async def test_the_target_goes_from_variant_to_reference_to_both() -> None:
    async with opened() as it:
        for expected in ((DENSE,), (DENSE, WANDA), (WANDA,)):
            await it.press("t", "b")
            request = it.sent(Decode)[-1]
            assert isinstance(request, Decode)
            assert request.variants == expected
            marked = [
                name
                for name, sheet in ((DENSE, "#reference-sheet"), (WANDA, "#variant-sheet"))
                if str(it.screen.query_one(sheet).border_title).startswith("▸ ")
            ]
            assert tuple(marked) == expected


def test_both_variants_results_of_a_decoding_stand_beside_each_other_where_there_is_room() -> None:
    scored = scored_items(1)[0]
    names = Names(lambda name: name, lambda item_id: item_id, lambda _, variant: variant == WANDA)
    results = [redecode(scored, name, Beam()) for name in (WANDA, DENSE)]
    results.append(redecode(scored, WANDA, Sample()))
    shown = ItemDecodes(results, (), names, "both", {})

    def texts(lines: list[Line]) -> list[str]:
        return ["".join(text for text, _ in line) for line in lines]

    for lines in (texts(overview_lines(shown, 110, 12)), texts(full_lines(shown, 110))):
        heads = [line for line in lines if "beam 2 of 8" in line]
        assert len(heads) == 1
        assert heads[0].index(DENSE) < heads[0].index(WANDA)
        assert "dense  beam 8" in heads[0]
        # What was never lost isn't brought back.
        assert heads[0].count("brought back") == 1
        beams = [line for line in lines if line.count("also the seat") == 2]
        assert len(beams) == 1
    for lines in (texts(overview_lines(shown, 60, 12)), texts(full_lines(shown, 60))):
        assert all(line.count("also the seat") < 2 for line in lines)
    narrow = texts(overview_lines(shown, 60, 12))
    assert WANDA in narrow[0], "the latest comes first"


def test_two_shares_stand_on_one_line_with_both_ends() -> None:
    def text(before: float | None, after: float | None) -> str:
        return "".join(piece for piece, _ in two_ended(before, after, 11))

    assert text(0.8, 0.1) == " ●──────○  "
    assert text(0.0, 1.0) == "○─────────●"
    assert text(0.52, 0.48) == "     ◉     "
    assert text(None, 0.2) == "  ●        "
    assert text(None, None) == " " * 11


@pytest.mark.parametrize("key", ["c", "escape"])
async def test_a_running_re_decode_shows_its_steps_and_can_be_cancelled(key: str) -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("b")
        board = it.screen.query_one("#decodes")
        await it.until(lambda: "step 8 of 24" in drawn(board))
        await it.press(key)
        await it.until(lambda: "cancelled" in drawn(board))
        assert len(it.sent(Cancel)) == 1


async def test_the_same_re_decode_is_asked_for_once_while_it_runs() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("b", "b", "s", "tab", "down", "b")
        kinds = [request.decoding for request in it.sent(Decode) if isinstance(request, Decode)]
        assert kinds == [Beam(), Sample(), Beam()]


async def test_a_re_decode_that_fails_says_so_where_it_was_asked_for() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("b")
        request = it.sent(Decode)[0]
        assert isinstance(request, Decode)
        it.engine.emit(Failed(id=request.id, message="too wide for this device"))
        board = it.screen.query_one("#decodes")
        await it.until(lambda: "too wide for this device" in drawn(board))
