"""The lab: what its keys ask for, and what its cells show."""

from __future__ import annotations

from functools import partial

import pytest
from textual.widgets import Input, Select, Static

from engine.records.decodings.beam import Beam
from engine.records.decodings.contrastive import Contrastive
from engine.records.decodings.k_shot import KShot
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.registry import kinds
from engine.records.decodings.sample import Sample
from engine.records.protocol import Cancel, Decode, Failed
from engine.text import room_for
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import DENSE, WANDA, judgement, redecode, scored_items
from tests.scripted_client import ScriptedEngine
from tui.drawing.hypothesis_lines import around_gold, hypothesis_lines
from tui.screens.lab import LabScreen
from tui.widgets.lab_table import shared_out

OTHER = "wanda:0.6"


async def opened_lab(it: Opened) -> LabScreen:
    """The lab on the first recognition-only item."""
    outcomes = [it.screen.row(number).outcome for number in it.table.numbers]
    number = outcomes.index("recognition-only")
    await it.press(*["down"] * number, "enter")
    lab = it.app.screen
    assert isinstance(lab, LabScreen)
    return lab


def decodes(it: Opened) -> list[Decode]:
    return [request for request in it.sent(Decode) if isinstance(request, Decode)]


async def go_to(it: Opened, lab: LabScreen, kind: str) -> None:
    """Put the cursor on the row of a kind, by keys."""
    names = [row.decoding.name for row in lab.table.rows]
    await it.press(*["up"] * len(names), *["down"] * names.index(kind))
    assert lab.table.current.decoding.name == kind


def all_run(it: Opened, lab: LabScreen) -> bool:
    """Whether every decoding but the scored one has come under both variants."""
    return len(it.app.session.state.results(lab.item_id)) == 2 * (len(kinds()) - 1)


def cells(lab: LabScreen, kind: str) -> str:
    """What the row of a kind shows."""
    row = next(row for row in lab.table.rows if row.decoding.name == kind)
    return drawn(row.cells)


async def test_every_kind_has_a_row_and_greedy_shows_what_was_scored() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        shown = [row.decoding for row in lab.table.rows]
        assert shown[0].name == "greedy"
        assert set(shown) == set(kinds().values())
        score = lab._scored.scores[DENSE]
        assert score.open is not None
        assert score.open.text.strip()[:12] in cells(lab, "greedy")
        assert "not run" in cells(lab, "beam")
        heads = drawn(lab.query_one("#lab-head"))
        assert "gold rank 1" in heads
        assert "▸ wanda 45 %" in heads


@pytest.mark.parametrize("kind", kinds())
async def test_a_row_is_run_by_one_key_on_the_target(kind: str) -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        await go_to(it, lab, kind)
        await it.press("enter")
        await it.until(lambda: bool(it.app.session.state.results(lab.item_id)))
        [request] = decodes(it)
        assert (request.item_id, request.variants) == (lab.item_id, (WANDA,))
        assert request.decoding == kinds()[kind]
        await it.until(lambda: "↩" in cells(lab, kind))


async def test_the_target_is_on_the_screen_and_turned_by_a_key() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        for expected, words in (
            ((DENSE,), "runs on dense"),
            ((DENSE, WANDA), "runs on dense and wanda 45 %"),
            ((WANDA,), "runs on wanda 45 %"),
        ):
            await it.press("t")
            assert words in drawn(lab.query_one("#title"))
            assert drawn(lab.query_one("#lab-head")).count("▸") == len(expected)
            await it.press("r")
            assert decodes(it)[-1].variants == expected
        assert not it.app._notifications


async def test_all_runs_what_is_missing_on_both_sides() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "beam")
        await it.press("enter")
        await it.until(lambda: bool(it.app.session.state.results(lab.item_id)))
        await it.press("a")
        asked = {(request.decoding, request.variants) for request in decodes(it)[1:]}
        rest = [kind for kind in kinds().values() if kind.name not in ("greedy", "beam")]
        assert asked == {(Beam(), (DENSE,)), *((kind, (DENSE, WANDA)) for kind in rest)}
        results = 2 * (1 + len(rest))
        await it.until(lambda: len(it.app.session.state.results(lab.item_id)) == results)
        before = len(decodes(it))
        await it.press("a")
        assert len(decodes(it)) == before


async def test_parameters_are_edited_in_the_row() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "sample")
        await it.press("e")
        assert it.app.focused is lab.query_one("#sample-count Input")
        for name, value in (
            ("count", "4"),
            ("temperature", "0.7"),
            ("top_p", "0.9"),
            ("seed", "3"),
        ):
            lab.query_one(f"#sample-{name} Input", Input).value = value
        await it.press("enter")
        [request] = decodes(it)
        assert request.decoding == Sample(count=4, temperature=0.7, top_p=0.9, seed=3)
        await it.press("escape")
        assert it.app.focused is lab.table
        await it.press("escape")
        assert it.app.screen is it.screen


async def test_examples_and_the_other_variant_are_chosen() -> None:
    async with opened(recipes=(WANDA, OTHER)) as it:
        lab = await opened_lab(it)
        example = next(id_ for id_ in it.app.session.state.ids if id_ != lab.item_id)
        for kind, field, value in (
            ("one-shot", "example", example),
            ("contrastive", "amateur", OTHER),
        ):
            await go_to(it, lab, kind)
            await it.press("e")
            select = lab.query_one(f"#{kind}-{field} Select", Select)
            select.value = value
            await it.pilot.pause()
            lab.table.focus()
            await it.press("enter")
        assert [request.decoding for request in decodes(it)] == [
            OneShot(example=example),
            Contrastive(amateur=OTHER),
        ]


async def test_what_makes_no_sense_is_refused_where_it_is_seen() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "beam")
        lab.query_one("#beam-width Input", Input).value = "0"
        await it.press("enter")
        assert not decodes(it)
        error = lab.query_one("#lab-error", Static)
        assert str(error.render()) == "beam: width '0' is not a whole number, 1 to 256"
        lab.query_one("#beam-width Input", Input).value = "4"
        await it.press("enter")
        assert not error.display
        assert decodes(it)[0].decoding == Beam(width=4)


async def test_steps_are_seen_in_their_cell_and_all_can_be_cancelled() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "beam")
        await it.press("enter", "down", "enter")
        await it.until(lambda: "step 8 of 24" in cells(lab, "sample"))
        await it.press("enter")
        assert len(decodes(it)) == 2
        await it.press("c")
        assert len(it.sent(Cancel)) == 2
        await it.until(lambda: "cancelled" in cells(lab, "sample"))


async def test_a_failure_is_told_in_its_cell() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "k-shot")
        await it.press("enter")
        [request] = decodes(it)
        it.engine.emit(Failed(id=request.id, message="only 2 other items can serve"))
        await it.until(lambda: "only 2 other items" in cells(lab, "k-shot"))


async def test_results_of_other_parameters_have_rows_of_their_own() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "k-shot")
        await it.press("enter")
        await it.until(lambda: bool(it.app.session.state.results(lab.item_id)))
        lab.query_one("#k-shot-count Input", Input).value = "5"
        await it.press("enter")
        await it.until(lambda: len(it.app.session.state.results(lab.item_id)) == 2)
        rows = lab.table.rows
        assert [row.decoding for row in rows[-1:]] == [KShot(count=3)]
        assert KShot(count=5) in [row.decoding for row in rows]
        await it.press(*["down"] * len(rows), "enter")
        assert [request.decoding for request in decodes(it)][-1] == KShot(count=3)
        await it.press("n")
        await it.until(lambda: len(lab.table.rows) == len(rows) - 1)


async def test_items_follow_each_other_without_leaving() -> None:
    async with opened() as it:
        lab = await opened_lab(it)
        first = lab.item_id
        await it.press("n")
        assert lab.item_id == it.current_id != first
        assert lab.item_id in drawn(lab.query_one("#title"))
        await it.press("enter")
        assert decodes(it)[0].item_id == lab.item_id
        await it.press("p")
        assert lab.item_id == first
        assert "↩" not in cells(lab, "greedy")
        await it.press("escape")
        assert it.current_id == first


async def test_a_wide_lab_shows_all_variants_and_brackets_choose_one() -> None:
    recipes = (WANDA, OTHER)
    async with opened(recipes=recipes, size=(200, 50)) as it:
        lab = await opened_lab(it)
        assert lab.variants == (DENSE, *recipes)
        await it.press("right_square_bracket", "r")
        assert decodes(it)[0].variants == (OTHER,)
    async with opened(recipes=recipes, size=(100, 30)) as it:
        lab = await opened_lab(it)
        assert lab.variants == (DENSE, WANDA)
        await it.press("right_square_bracket")
        assert lab.variants == (DENSE, OTHER)
        await it.press("a")
        assert all(request.variants == (DENSE, OTHER) for request in decodes(it))


async def test_nothing_is_brought_back_to_the_dense_model() -> None:
    async with opened(size=(200, 50)) as it:
        lab = await opened_lab(it)
        await it.press("t", "t")
        await go_to(it, lab, "beam")
        await it.press("enter")
        await it.until(lambda: "↩ beam 2 of 8" in cells(lab, "beam"))
        assert "✓ beam 2 of 8" in cells(lab, "beam")


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 50)])
async def test_all_eight_beams_are_within_reach(size: tuple[int, int]) -> None:
    async with opened(size=size) as it:
        lab = await opened_lab(it)
        await go_to(it, lab, "beam")
        await it.press("enter")
        await it.until(lambda: bool(it.app.session.state.results(lab.item_id)))
        row = lab.table.current
        assert row.region.y >= lab.table.region.y
        assert row.region.bottom <= lab.table.region.bottom
        shown = drawn(row.cells)
        assert all(f" {place} " in shown for place in range(1, 9))


@pytest.mark.parametrize("room", range(6, 60, 3))
def test_a_long_text_is_cut_around_the_gold_answer(room: int) -> None:
    text = f"the largest city of the country, which is called {'very ' * 9}Paris, and it lies far"
    pieces = around_gold(text, judgement(text, "Paris"), room)
    assert ("Paris", "gold") in pieces
    assert sum(room_for(piece) for piece, _ in pieces) <= room


def test_samples_are_grouped_the_right_ones_first() -> None:
    scored = scored_items(1)[0]
    result = redecode(scored, WANDA, Sample())
    lines = ["".join(text for text, _ in line) for line in hypothesis_lines(result, 60)]
    heads = [place for place, line in enumerate(lines) if "right" in line or "wrong" in line]
    right = sum(one.count for one in result.hypotheses if one.judgement.correct)
    assert lines[heads[0]] == f" ✓ {right} right"
    assert lines[heads[1]] == f" ✗ {16 - right} wrong"
    assert all(scored.item.gold in line for line in lines[1 : heads[1]])
    assert not any(scored.item.gold in line for line in lines[heads[1] :])


@pytest.mark.parametrize(
    ("full", "chosen", "height", "lines"),
    [
        ([2, 9, 4], 1, 20, [2, 9, 4]),
        ([4, 9, 4], 1, 13, [2, 9, 2]),
        ([4, 9, 4], 1, 14, [3, 9, 2]),
        ([4, 9, 4], 0, 10, [4, 3, 3]),
        ([1, 9, 9], 0, 10, [1, 5, 4]),
        ([9, 9, 9], 1, 5, [1, 9, 1]),
    ],
)
def test_the_row_with_the_cursor_has_its_lines_and_the_others_share_the_rest(
    full: list[int], chosen: int, height: int, lines: list[int]
) -> None:
    assert shared_out(full, chosen, height) == lines


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_hostile_text_is_decoded_like_any_other(size: tuple[int, int]) -> None:
    hostile = [one for one in scored_items(8) if one.item.id.startswith("hostile")]
    async with opened(ScriptedEngine(hostile), size=size) as it:
        await it.press("enter")
        lab = it.app.screen
        assert isinstance(lab, LabScreen)
        for one in hostile:
            assert lab.item_id == one.item.id
            await it.press("a")
            await it.until(partial(all_run, it, lab))
            shown = "".join(drawn(row.cells) for row in lab.table.rows)
            assert not any(control in shown for control in "\x1b\t\u202e\x07")
            await it.press("n")
