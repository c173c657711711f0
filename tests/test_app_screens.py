"""What opens from the inspector: pages, export, palette, themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from engine.runs.log import RunLog
from tests.app_helpers import drawn, opened
from tests.inspector_fixtures import WANDA, manifest, scored_items
from tui.acting import Acting
from tui.app import InspectorApp
from tui.screens.export import ExportScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen
from tui.screens.summary import SummaryScreen
from tui.screens.xray import XRayScreen
from tui.themes import THEMES
from tui.widgets.browser import ItemBrowser
from tui.widgets.item_table import ItemTable

OTHER = "wanda:0.6"


@pytest.mark.parametrize(
    ("key", "screen", "words"),
    [
        ("x", XRayScreen, "token by token"),
        ("v", SummaryScreen, "with 95 % intervals"),
        ("question_mark", HelpScreen, "recognition-only"),
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_pages_open_and_close(
    key: str, screen: type[PageScreen], words: str, size: tuple[int, int]
) -> None:
    async with opened(size=size) as it:
        await it.press(key)
        page = it.app.screen
        assert isinstance(page, screen)
        await it.until(lambda: any(words in text for text in page.texts()))
        await it.press("escape")
        assert it.app.screen is it.screen


async def test_the_summary_says_what_zeros_do_not_do() -> None:
    async with opened() as it:
        await it.press("v")
        page = it.app.screen
        assert isinstance(page, SummaryScreen)
        await it.until(lambda: "save neither time nor memory" in " ".join(page.texts()))


async def test_brackets_switch_between_variants() -> None:
    async with opened(recipes=(WANDA, OTHER)) as it:
        assert "1 of 2" in drawn(it.screen.query_one("#run"))
        await it.press("right_square_bracket")
        assert it.screen.variant == OTHER
        await it.press("v")
        page = it.app.screen
        assert isinstance(page, SummaryScreen)
        await it.press("right_square_bracket")
        assert page.variant == WANDA
        await it.press("escape", "left_square_bracket")
        assert it.screen.variant == WANDA


async def test_export_writes_what_the_filter_shows(tmp_path: Path) -> None:
    async with opened() as it:
        await it.press("1")
        count = it.table.count
        await it.press("e")
        assert isinstance(it.app.screen, ExportScreen)
        proposed = it.app.screen.query_one("#path", Input).value
        assert proposed == "smollm2-wanda-0.45-capitals-filtered.csv"
        it.app.screen.query_one("#path", Input).value = str(tmp_path / "run.nonsense")
        await it.press("enter")
        await it.pilot.pause(0.1)
        assert isinstance(it.app.screen, ExportScreen)
        (tmp_path / "run.csv").write_text("something else")
        it.app.screen.query_one("#path", Input).value = str(tmp_path / "run.csv")
        await it.press("enter")
        assert isinstance(it.app.screen, ExportScreen)
        assert (tmp_path / "run.csv").read_text() == "something else"
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen)
        assert (tmp_path / "run.csv").read_text().count("recognition-only") == count


async def test_copying_an_item_gives_its_raw_text() -> None:
    async with opened() as it:
        await it.press("y")
        assert "question: What is the capital of France?" in it.app.clipboard


async def test_the_theme_changes() -> None:
    async with opened() as it:
        seen = [it.app.theme]
        for _ in THEMES:
            await it.press("ctrl+t")
            seen.append(it.app.theme)
        assert set(seen) == set(THEMES)
        await it.press("ctrl+t")
        chosen = it.app.theme
    async with opened() as it:
        assert it.app.theme == chosen


async def test_the_palette_lists_every_action_of_the_inspector() -> None:
    async with opened() as it:
        titles = [command.title for command in it.app.get_system_commands(it.screen)]
        openings = [screen.OPENS.action for screen in it.app.SCREEN_CLASSES if screen.OPENS]
        own = (InspectScreen, ItemBrowser, ItemTable, InspectorApp)
        for action in (*openings, *(action for owner in own for action in owner.all_actions())):
            if action.name != "command_palette":
                assert f"{action.title}  ({action.key_text})" in titles
        await it.press("ctrl+p")
        assert it.app.screen is not it.screen


def test_every_declared_action_has_a_method_and_a_key_of_its_own() -> None:
    screens = InspectorApp.SCREEN_CLASSES
    owners: list[type[Acting]] = [InspectorApp, *screens]
    owners += [widget for screen in screens for widget in screen.WIDGETS]
    for owner in owners:
        actions = owner.all_actions()
        for action in actions:
            method = f"action_{action.name.partition('(')[0]}"
            assert callable(getattr(owner, method, None)), action
        keys = [key for action in actions for key in action.key.split(",")]
        assert len(keys) == len(set(keys)), owner


async def test_a_saved_run_opens_on_its_first_variant(tmp_path: Path) -> None:
    recipes = (OTHER, WANDA)
    scored = scored_items(30, recipes)
    items = [one.item for one in scored]
    with RunLog.open(tmp_path / "run", manifest(len(scored), recipes), items) as log:
        log.append_scored(scored)
    async with opened(saved=tmp_path / "run") as it:
        assert it.screen.variant == OTHER
        await it.press("right_square_bracket")
        assert it.screen.variant == WANDA
