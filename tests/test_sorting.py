"""The order of the items: by one column of their table, by several, and as it is typed."""

from __future__ import annotations

import pytest

from engine.records.errors import UserError
from tests.app_helpers import Opened, drawn, opened
from tui.state.ordering import STRIKING_FIRST, Ordering, SortKey, parse_ordering
from tui.widgets.item_table import ItemTable

OFFERED = [("a",), ("b", "b2"), ("c",)]


def by(*names: str) -> Ordering:
    """An order by columns of these names, downwards where a minus stands before one."""
    sorts = {columns[0]: columns for columns in OFFERED}
    plain = [(name.lstrip("-"), name.startswith("-")) for name in names]
    return Ordering(tuple(SortKey(sorts.get(name, (name,)), down) for name, down in plain))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ("b",)),
        (("b",), ("-b",)),
        (("-b",), ()),
        (("a",), ("b",)),
        (("a", "b"), ("-b",)),
    ],
)
def test_a_heading_turns_the_order(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    assert by(*before).turned(("b", "b2")) == by(*after)


@pytest.mark.parametrize(
    ("before", "after"),
    [((), ("b",)), (("a",), ("a", "b")), (("a", "b", "c"), ("a", "-b", "c")), (("-b",), ())],
)
def test_a_heading_with_a_modifier_leaves_the_other_keys(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert by(*before).turned(("b", "b2"), further=True) == by(*after)


def test_a_single_key_steps_through_the_columns_and_the_order_of_scoring() -> None:
    seen, ordering = [], by()
    for _ in range(4):
        ordering = ordering.stepped(OFFERED, 1)
        seen.append(ordering)
    assert seen == [by("a"), by("b"), by("c"), by()]
    assert by().stepped(OFFERED, -1) == by("c")
    assert by("-a").stepped(OFFERED, 1) == by("-b")
    assert STRIKING_FIRST.stepped(OFFERED, 1) == by("a")


def test_a_further_key_steps_through_what_is_left() -> None:
    ordering = by("b").extended(OFFERED)
    assert ordering == by("b", "c")
    assert ordering.stepped(OFFERED, 1) == by("b", "a")
    assert ordering.inverted().stepped(OFFERED, -1) == by("b", "-a")
    assert ordering.extended(OFFERED).extended(OFFERED) == by("b", "c", "a")
    assert ordering.shortened().shortened().shortened() == by()


def test_an_order_is_typed_as_filters_name_columns() -> None:
    expected = (SortKey(("pruned_gold_rank",)), SortKey(("dense_gold_probability",), True))
    assert parse_ordering("rank, -dense_p,rank").keys == expected


@pytest.mark.parametrize(("text", "words"), [("rnak", "rank"), ("", "no column"), ("-", "")])
def test_an_order_that_is_none_is_refused_with_what_may_be_meant(text: str, words: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_ordering(text)
    assert words in refused.value.message
    assert refused.value.status == 2


# -- on the screen ----------------------------------------------------------------------------


def heading(it: Opened, key: str) -> tuple[int, int]:
    """Where a column's heading is in the table."""
    keys = [column.key for column in it.table.columns]
    return sum(it.table.widths[: keys.index(key)]) + 2 * keys.index(key) + 4, 0


def values(it: Opened, column: str) -> list[object]:
    return [it.screen.row(number).values[column] for number in it.table.numbers]


async def test_keys_and_headings_sort() -> None:
    async with opened() as it:
        sorts = [column.sort[0] for column in it.table.columns if column.sort]
        browser = it.screen.browser
        await it.press("greater_than_sign")
        assert [key.name for key in browser.ordering.keys] == sorts[:1]
        await it.press("less_than_sign", "comma")
        assert [key.name for key in browser.ordering.keys] == sorts[-1:]
        probabilities = values(it, "pruned_gold_probability")
        assert probabilities == sorted(probabilities, key=lambda value: float(str(value)))
        await it.press("i")
        assert values(it, "pruned_gold_probability") == probabilities[::-1]
        await it.pilot.click(ItemTable, offset=heading(it, "gold_rank"))
        assert browser.ordering == parse_ordering("rank")


async def test_several_columns_sort_and_their_headings_tell_the_order() -> None:
    async with opened() as it:
        await it.pilot.click(ItemTable, offset=heading(it, "choice"))
        await it.pilot.click(ItemTable, offset=heading(it, "gold_rank"), control=True)
        await it.pilot.click(ItemTable, offset=heading(it, "gold_rank"), shift=True)
        found = list(
            zip(
                values(it, "dense_choice_correct"),
                values(it, "pruned_choice_correct"),
                (-int(str(rank)) for rank in values(it, "pruned_gold_rank")),
                strict=True,
            )
        )
        assert found == sorted(found)
        first = drawn(it.table).splitlines()[0]
        assert "▲1" in first
        assert "▼2" in first
        await it.press("minus")
        assert "▲ " in drawn(it.table).splitlines()[0]
        await it.press("plus")
        assert it.screen.browser.ordering.keys[0].name == "dense_choice_correct"
        assert len(it.screen.browser.ordering.keys) == 2


async def test_an_order_that_no_heading_shows_is_told_beside_the_outcomes() -> None:
    async with opened() as it:
        it.screen.browser.sort(parse_ordering("rank,-dense_p"))
        await it.pilot.pause()
        assert "dense_gold_probability ▼2" in drawn(it.screen.query_one("#outcomes"))
