"""The columns of the table: which there is room for, and which a person chose."""

from __future__ import annotations

import pytest

from tests.app_helpers import Opened, drawn, opened
from tui.drawing.columns import CATALOGUE
from tui.drawing.layout import (
    MIDDLE_CELLS,
    MIDDLE_KEYS,
    NARROW_KEYS,
    WIDE_CELLS,
    WIDE_KEYS,
    Layout,
    layout,
)
from tui.screens.columns import ColumnsScreen
from tui.state.column_choice import ColumnChoice
from tui.state.preferences import keep_preferences, preferences_path, read_preferences


def keys(found: Layout) -> list[str]:
    return [column.key for column in found.columns]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(78, set(NARROW_KEYS)), (MIDDLE_CELLS, set(MIDDLE_KEYS)), (WIDE_CELLS, set(WIDE_KEYS))],
)
def test_each_size_has_its_columns_and_fills_the_width(width: int, expected: set[str]) -> None:
    found = layout(width)
    assert expected <= set(keys(found))
    assert sum(found.widths) + found.gap * (len(found.widths) - 1) == width


def test_the_answer_with_candidates_shown_is_there_where_there_is_room() -> None:
    assert "shown" in keys(layout(198))
    assert "shown" not in keys(layout(198, lacking={"shown"}))
    assert "shown" not in keys(layout(118))
    assert "shown" in keys(layout(118, ColumnChoice(on=("shown",)), lacking={"shown"}))


@pytest.mark.parametrize("width", range(1, 240, 7))
def test_a_table_of_any_width_has_what_fits_and_at_least_one_column(width: int) -> None:
    everything = ColumnChoice(on=tuple(CATALOGUE))
    nothing = ColumnChoice(off=tuple(CATALOGUE))
    for choice in (ColumnChoice(), everything, nothing):
        found = layout(width, choice)
        used = sum(found.widths) + found.gap * (len(found.widths) - 1)
        assert used == width or (len(found.columns) == 1 and used > width)


def test_chosen_columns_stay_longest_and_hidden_ones_never_come() -> None:
    choice = ColumnChoice(on=("kl_vocabulary",), off=("gold_probability", "gone"))
    narrow, wide = keys(layout(78, choice)), keys(layout(198, choice))
    assert "kl_vocabulary" in narrow
    assert "gold_probability" not in narrow + wide


def test_the_order_is_as_chosen_and_new_columns_find_their_place() -> None:
    choice = ColumnChoice(order=("gold", "gone", "question"))
    assert choice.ordered(["a", "question", "gold", "b"]) == ["a", "gold", "b", "question"]
    moved = ColumnChoice().moved(["a", "b", "c"], "c", -2)
    assert moved.order == ("c", "a", "b")
    assert moved.moved(["a", "b", "c"], "c", -1).order == moved.order


def test_toggling_goes_back_and_forth() -> None:
    on = ColumnChoice().toggled("kind", shown=False)
    assert on == ColumnChoice(on=("kind",))
    off = on.toggled("kind", shown=False)
    assert off == ColumnChoice(off=("kind",)), "it was chosen, and there was no room for it"
    assert off.toggled("kind", shown=False) == on


def test_what_is_remembered_of_one_thing_leaves_the_others() -> None:
    keep_preferences(theme="illusion-light")
    keep_preferences(columns=ColumnChoice(on=("kind",)))
    found = read_preferences()
    assert (found.theme, found.columns.on) == ("illusion-light", ("kind",))
    preferences_path().write_text('{"columns": 7')
    assert read_preferences().columns == ColumnChoice()


# -- on the screen ----------------------------------------------------------------------------


async def choose(it: Opened, key: str) -> None:
    """Put the cursor of the list on a column."""
    screen = it.app.screen
    assert isinstance(screen, ColumnsScreen)
    place = screen._keys.index(key)
    await it.press("home", *["down"] * place)


async def test_columns_are_chosen_moved_and_remembered() -> None:
    async with opened() as it:
        await it.press("C")
        await choose(it, "shown")
        await it.press("space")
        assert "shown" in [column.key for column in it.table.columns]
        assert "candidates shown" in drawn(it.table)
        await choose(it, "gold_probability")
        await it.press("space")
        await choose(it, "gold")
        await it.press("shift+up", "escape")
        assert it.app.screen is it.screen
        order = [column.key for column in it.table.columns]
        assert "gold_probability" not in order
        assert order.index("gold") == order.index("question") - 1
    async with opened() as it:
        assert [column.key for column in it.table.columns] == order
        await it.press("C", "r", "escape")
        assert [column.key for column in it.table.columns] == keys(layout(117))


async def test_a_column_without_room_is_told_of_and_the_last_one_stays() -> None:
    async with opened(size=(80, 24)) as it:
        await it.press("C")
        screen = it.app.screen
        assert isinstance(screen, ColumnsScreen)
        for key in ("failure", "shown", "back", "kl_vocabulary"):
            await choose(it, key)
            await it.press("space")
        assert "no room for" in drawn(screen._list)
        it.table.show_columns(
            choice=ColumnChoice(off=tuple(key for key in CATALOGUE if key != "gold"))
        )
        screen._draw()
        await choose(it, "gold")
        await it.press("space")
        assert [column.key for column in it.table.columns] == ["gold"]


@pytest.mark.parametrize("width", [80, 200])
async def test_the_key_stands_in_the_footer_where_there_is_room(width: int) -> None:
    async with opened(size=(width, 50)) as it:
        assert ("C columns" in drawn(it.screen.query_one("#keys"))) is (width == 200)
