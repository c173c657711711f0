"""Filters that are saved under a name, used by it, and deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, Static

from engine.analysis.frame import pairs_frame
from engine.records.errors import UserError
from engine.runs.log import RunLog
from tests.app_helpers import Opened, drawn, opened
from tests.cli_helpers import run_cli
from tests.inspector_fixtures import manifest, scored_items
from tests.runs_helpers import PRUNED, one_of_each
from tui.screens.filters import FiltersScreen
from tui.state.completing import completions
from tui.state.filter_history import FilterHistory
from tui.state.saved_filters import (
    expanded,
    forget_filter,
    save_filter,
    saved_filters,
    saved_filters_path,
)

SAVED = {"hard": "rank>3 -lang:es", "kept": "outcome:kept", "twice": "@kept x", "self": "@self"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@hard", "rank>3 -lang:es"),
        ("lang:fr @kept word", "lang:fr outcome:kept word"),
        ("-@kept", "-outcome:kept"),
        ("@twice", "outcome:kept x"),
        ('"@hard" a@hard @hard, tag:"x @hard y"', '"@hard" a@hard @hard, tag:"x @hard y"'),
        ("@ -@", "@ -@"),
    ],
)
def test_names_stand_for_what_was_saved(text: str, expected: str) -> None:
    assert expanded(text, SAVED) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@hrad", "perhaps @hard"),
        ("-@hard", "negates 2 conditions"),
        ("@self", "stands for itself"),
    ],
)
def test_a_name_that_can_not_be_used_is_explained(text: str, words: str) -> None:
    with pytest.raises(UserError) as refused:
        expanded(text, SAVED)
    assert words in refused.value.message


def test_filters_are_saved_replaced_and_deleted() -> None:
    assert saved_filters() == {}
    assert save_filter("@hard", " rank>3 ") is None
    assert save_filter("both", "@hard lang:es") is None
    assert save_filter("hard", "rank>5") == "rank>3"
    assert saved_filters() == {"both": "rank>3 lang:es", "hard": "rank>5"}
    assert forget_filter("hard") == "rank>5"
    assert forget_filter("hard") is None
    for name, text in (("two words", "x"), ("", "x"), ("x" * 41, "x"), ("empty", "  ")):
        with pytest.raises(UserError):
            save_filter(name, text)


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"a": 1}', b"\xff"])
def test_a_broken_file_is_told_of_and_stays(content: bytes) -> None:
    saved_filters_path().parent.mkdir(parents=True, exist_ok=True)
    saved_filters_path().write_bytes(content)
    for act in (saved_filters, lambda: save_filter("a", "b"), lambda: expanded("@a")):
        with pytest.raises(UserError, match="can't be read"):
            act()
    assert saved_filters_path().read_bytes() == content
    assert expanded("no name here") == "no name here"


def test_a_begun_name_is_completed_with_how_many_items_it_shows() -> None:
    frame = pairs_frame(one_of_each(), "dense", PRUNED)
    found = completions("x -@ke", 6, frame, {**SAVED, "odd": "nothing:1"})
    assert [(one.text, one.note) for one in found.found] == [("-@kept", "1  outcome:kept")]
    listed = completions("@", 1, frame, {"odd": "nothing:1"})
    assert listed.found[0].note == "nothing:1"


# -- on the screen ----------------------------------------------------------------------------


async def typed(it: Opened, text: str) -> None:
    await it.press("slash")
    it.screen.query_one("#filter", Input).value = text
    await it.pilot.pause()


async def test_the_filter_in_use_is_saved_and_used_again() -> None:
    async with opened() as it:
        await typed(it, "rank>1")
        count = it.table.count
        await it.press("ctrl+s", *"hard", "enter")
        screen = it.app.screen
        assert isinstance(screen, FiltersScreen)
        await it.until(lambda: f"{count}  rank>1" in drawn(screen._list))
        await it.press("escape", "enter", "escape")
        assert it.table.count == len(it.app.session.state.ids)
        await it.press("F", "enter")
        assert it.app.screen is it.screen
        assert it.table.count == count
        assert it.screen.browser.filter_text == "rank>1"
        await it.press("1", "F", "s", *"both", "enter")
        assert saved_filters()["both"] == "rank>1 outcome:recognition-only"
    async with opened() as it:
        await typed(it, "@h")
        field = it.screen.query_one("#filter", Input)
        field.cursor_position = 2
        await it.press("tab")
        assert field.value == "@hard"
        assert it.table.count == count


async def test_a_deleted_filter_comes_back_and_is_in_the_history() -> None:
    save_filter("one", "rank>1")
    save_filter("two", "rank>2")
    async with opened() as it:
        await it.press("F", "down", "d")
        assert list(saved_filters()) == ["one"]
        await it.press("u")
        assert list(saved_filters()) == ["one", "two"]
        await it.press("d", "d", "d", "enter", "escape")
        assert saved_filters() == {}
        assert it.app.screen is it.screen
        assert FilterHistory().older("") == "rank>1"


async def test_what_can_not_be_done_is_said_on_the_screen() -> None:
    saved_filters_path().parent.mkdir(parents=True, exist_ok=True)
    saved_filters_path().write_bytes(b"{")
    async with opened(size=(80, 24)) as it:
        await it.press("F")
        told = it.app.screen.query_one("#filters-told", Static)
        assert "can't be read" in str(told.visual)
        await it.press("s")
        assert "No filter is in use" in str(told.visual)
        await it.press("escape")
        await typed(it, "@any")
        assert "can't be read" in drawn(it.screen.query_one("#filter-note"))


# -- without a screen -------------------------------------------------------------------------


def test_an_export_takes_a_saved_filter(tmp_path: Path) -> None:
    scored = scored_items(12, hostile=False)
    with RunLog.open(tmp_path / "run", manifest(12), [one.item for one in scored]) as log:
        log.append_scored(scored)
    state = tmp_path / "state" / "illusion-tui"
    state.mkdir(parents=True)
    (state / "saved-filters.json").write_text('{"french": "lang:fr"}')
    export = ("export", tmp_path / "run", "--to", tmp_path / "run.csv", "--filter")
    done = run_cli(tmp_path, *export, "@french")
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "run.csv").read_text().splitlines()) == 2
    done = run_cli(tmp_path, *export, "@frnech")
    assert done.returncode == 2
    assert "perhaps @french" in done.stderr
