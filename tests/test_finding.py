"""Jumping to an item by its id or its text, without narrowing the list."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.analysis.frame import pairs_frame
from engine.runs.log import RunLog
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import WANDA, manifest, scored_items
from tui.state.finding import Found, find
from tui.widgets.find import FindInput

FRAME = pairs_frame(scored_items(40, hostile=False), "dense", WANDA)
NONE = pairs_frame((), "dense", WANDA)


def test_a_text_is_found_in_ids_questions_gold_and_answers_whatever_its_case() -> None:
    numbers = list(range(39, -1, -1))
    for text in ("tOKYO", "東京", "capital of peru", "athènes"):
        found = find(FRAME, NONE, numbers, text)
        for place in found.places:
            row = FRAME.row(numbers[place], named=True)
            words = " ".join(str(value) for value in row.values()).casefold()
            assert text.casefold() in words
    assert find(FRAME, NONE, numbers, "tokyo").places
    assert not find(FRAME, NONE, numbers, "no such thing").places


def test_questions_that_were_asked_are_found_among_the_items() -> None:
    numbers = [-1, -2, *range(40)]
    asked = FRAME.filter(FRAME["question"].str.contains("Peru"))[:1]
    asked = pl.concat([FRAME[:1], asked])
    places = find(FRAME, asked, numbers, "capital of Peru").places
    assert places[0] == 1
    assert [numbers[place] for place in places[1:]] == [
        number for number, text in enumerate(FRAME["question"]) if "capital of Peru" in text
    ]


def test_an_id_is_gone_to_even_where_others_contain_it() -> None:
    ids = FRAME["item_id"].to_list()
    found = find(FRAME, NONE, range(40), ids[7])
    assert found.exact == 7
    assert found.nearest(20) == 7


@pytest.mark.parametrize(
    ("place", "by", "expected"), [(0, 1, 3), (3, 1, 8), (9, 1, 3), (3, -1, 9), (5, -1, 3)]
)
def test_matches_are_gone_through_around_the_ends(place: int, by: int, expected: int) -> None:
    assert Found("x", range(10), (3, 8, 9)).step(place, by) == expected


def test_matches_are_counted() -> None:
    found = Found("x", range(10), (3, 8, 9))
    assert [found.count_text(place) for place in (3, 4)] == ["1 of 3", "3 found"]
    assert Found("x", range(10), ()).count_text(0) == "not found"
    assert Found("x", range(10), ()).step(0, 1) is None


# -- on the screen ----------------------------------------------------------------------------


def note(it: Opened) -> str:
    return drawn(it.screen.query_one("#find-note"))


async def test_typing_jumps_and_the_arrows_go_on() -> None:
    async with opened() as it:
        total = it.table.count
        await it.press("down", "down", "f", *"capital of p")
        await it.until(lambda: "Peru" in it.screen.current_row.item.question)  # type: ignore[union-attr]
        first = it.table.index
        assert it.table.count == total
        await it.until(lambda: " of " in note(it))
        await it.press("down")
        second = it.table.index
        await it.press("up")
        assert it.table.index == first
        await it.press("enter")
        assert it.app.focused is it.table
        await it.press("right_curly_bracket")
        assert it.table.index == second
        await it.press("left_curly_bracket")
        assert it.table.index == first
        await it.press("home")
        assert "found" in note(it)
        await it.press("escape")
        assert not it.screen.find_bar.display
        await it.press("right_curly_bracket")
        assert it.table.index == first


async def test_giving_up_goes_back_to_where_one_was() -> None:
    async with opened() as it:
        await it.press("down", "down", "f", *"peru")
        await it.until(lambda: it.table.index != 2)
        await it.press("escape")
        assert it.table.index == 2
        assert it.app.focused is it.table
        await it.press("f", *"no such thing")
        assert isinstance(it.app.focused, FindInput)
        await it.until(lambda: "not found" in note(it))
        assert it.table.index == 2


async def test_what_is_found_follows_the_filter_and_the_order(tmp_path: Path) -> None:
    scored = scored_items(40, hostile=False)
    with RunLog.open(tmp_path / "run", manifest(40), [one.item for one in scored]) as log:
        log.append_scored(scored)
    async with opened(saved=tmp_path / "run", size=(80, 24)) as it:
        await it.press("f", *"capital", "enter")
        await it.until(lambda: " of " in note(it))
        await it.press("slash", *"lang:en", "enter", "i", "greater_than_sign", "i")
        places = [
            place
            for place, number in enumerate(it.table.numbers)
            if "capital" in it.screen.row(number).item.question
        ]
        await it.press("home", "right_curly_bracket")
        after = [place for place in places if place > 0]
        await it.until(lambda: it.table.index == after[0])
