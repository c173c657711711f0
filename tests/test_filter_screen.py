"""Typing a filter: completion of columns and values, and filters that were used before."""

from __future__ import annotations

import pytest

from engine.analysis.filters import parse_filter
from engine.analysis.frame import pairs_frame
from engine.records.annotations import Annotation
from tests.app_helpers import Opened, drawn, opened
from tests.runs_helpers import PRUNED, one_of_each
from tui.state.completing import completions
from tui.state.filter_history import FilterHistory
from tui.widgets.filter import FilterInput, OfferBoard

FRAME = pairs_frame(
    one_of_each(),
    "dense",
    PRUNED,
    annotations={
        "kept": Annotation(tags=("loop-ish", "odd one", 'a "cat", a dog')),
        "lost": Annotation(tags=("loop-ish",)),
    },
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lan", ["lang:", "language:"]),
        ("-dense_gold_r", ["-dense_gold_rank"]),
        ("star", ["starred"]),
        ("rank>3 outc", ["outcome:"]),
        ("outcome:l", ["outcome:lost"]),
        ("-outcome:kept,ne", ["-outcome:kept,never"]),
        ("open:", ["open:wrong", "open:right"]),
        ("recovered:", ["recovered:yes", "recovered:no", "recovered:absent"]),
        ("tag:", ["tag:loop-ish", 'tag:"a ""cat"", a dog"', 'tag:"odd one"', "tag:absent"]),
        ('tag:"odd', ['tag:"odd one"']),
        ('tag:"a ""c', ['tag:"a ""cat"", a dog"']),
        ('tag:x,"a, b",o', ['tag:x,"a, b","odd one"']),
        ("nothing", []),
        ("nothing:", []),
    ],
)
def test_a_begun_word_is_completed(text: str, expected: list[str]) -> None:
    found = completions(text, len(text), FRAME)
    assert [one.text for one in found.found] == expected


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('tag:"a ""cat"", a dog"', 1),
        ('tag:x,"a ""cat"", a dog"', 1),
        ('tag:"a cat, a dog"', 0),
        ('tag:"absent"', 0),
        ("tag:absent", FRAME.height - 2),
        ('note:""""', 0),
    ],
)
def test_a_quotation_mark_in_a_value_is_written_twice(text: str, rows: int) -> None:
    assert FRAME.filter(parse_filter(text)).height == rows


def test_values_have_counts_and_an_empty_word_lists_the_columns() -> None:
    found = completions("x outcome: y", 10, FRAME)
    assert (found.start, found.common) == (2, "outcome:")
    assert [one.note for one in found.found] == ["1"] * 5
    listed = {one.text.rstrip(":") for one in completions("", 0, None).found}
    assert {"rank", "p", "starred", "dense_gold_probability", "kl_vocabulary"} <= listed


async def typed(it: Opened, text: str) -> FilterInput:
    await it.press("slash")
    field = it.screen.query_one(FilterInput)
    field.value = text
    field.cursor_position = len(text)
    await it.pilot.pause()
    return field


async def test_tab_completes_then_proposes_one_after_the_other() -> None:
    async with opened() as it:
        field = await typed(it, "outc")
        await it.press("tab")
        assert field.value == "outcome:"
        await it.press("tab")
        board = it.screen.query_one(OfferBoard)
        assert board.display
        assert "outcome:recognition-only" in drawn(board)
        await it.press("tab")
        first = field.value
        assert it.table.count == sum(
            it.screen.row(number).outcome == first.partition(":")[2]
            for number in range(len(it.app.session.state.ids))
        )
        await it.press("tab", "shift+tab")
        assert field.value == first
        await it.press("escape")
        assert not board.display
        assert field.value == first
        await it.press("enter")
        assert it.app.focused is it.table


@pytest.mark.parametrize("size", [(80, 24), (120, 34)])
async def test_the_columns_are_a_key_away(size: tuple[int, int]) -> None:
    async with opened(size=size) as it:
        field = await typed(it, "")
        await it.press("tab")
        board = it.screen.query_one(OfferBoard)
        assert " answer: " in drawn(board)
        await it.press("shift+tab")
        assert field.value in drawn(board)
        await it.press("space")
        assert not board.display


async def test_filters_that_were_used_come_back_with_the_arrows() -> None:
    async with opened() as it:
        for text in ("rank>3", "lang:es", "rank>many", "lang:es"):
            await typed(it, text)
            await it.press("enter")
        field = await typed(it, "begun")
        await it.press("up")
        assert field.value == "lang:es"
        await it.press("up", "up")
        assert field.value == "rank>3"
        await it.press("down", "down")
        assert field.value == "begun"
        await it.press("down")
        assert it.app.focused is it.table
    async with opened() as it:
        field = await typed(it, "")
        # What was left standing when the focus went to the items was used as well.
        await it.press("up")
        assert field.value == "begun"
        await it.press("up", "up")
        assert field.value == "rank>3"


def test_a_history_that_can_not_be_read_is_empty() -> None:
    history = FilterHistory()
    history.add("rank>3")
    from tui.state.filter_history import history_path

    history_path().write_bytes(b"{")
    again = FilterHistory()
    assert again.older("") is None
    again.add("lang:es")
    assert FilterHistory().older("") == "lang:es"


async def test_the_details_are_those_of_the_item_that_the_filter_leaves_under_the_cursor() -> None:
    async with opened() as it:
        question = it.screen.query_one("#question")
        first = drawn(question)
        await typed(it, "japan")
        assert "capital of Japan" in drawn(question)
        await typed(it, "zzz")
        assert not drawn(question).strip()
        await it.press("escape")
        assert drawn(question) == first


async def test_the_cursor_comes_back_when_a_filter_that_shows_nothing_is_cleared() -> None:
    async with opened() as it:
        # What is half typed shows other items on the way.
        await it.press("down", "down", "slash", *"rank>3 nothing like this")
        await it.until(lambda: it.table.count == 0)
        await it.press("escape")
        await it.until(lambda: it.table.count > 0)
        assert it.table.index == 2
        await it.press("down", "slash", *"nothing like this", "enter")
        await it.until(lambda: it.table.count == 0)
        await it.press("escape")
        await it.until(lambda: it.table.count > 0)
        assert it.table.index == 3
