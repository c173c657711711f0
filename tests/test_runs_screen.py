"""The list of runs and the comparison of two, as a person uses them."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.runs import directories
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.app_helpers import drawn, opened
from tests.inspector_fixtures import scored_items
from tests.run_library import fill_library
from tests.saved_runs import SNAPSHOTS
from tests.scripted_client import ScriptedEngine, engine_factory
from tests.test_snapshots import normalised
from tui.app import InspectorApp
from tui.drawing.comparison_lines import Cell
from tui.screens.compare import CompareScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.runs import RunsScreen
from tui.widgets.cross_table import CrossTable
from tui.widgets.line_table import LineTable
from tui.widgets.paint import Sheet
from tui.widgets.prompt import PromptBar


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of the user's runs, with a few in it; its path is relative."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(directories, "user_data_path", lambda *names, **options: Path("data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    directory = Path("data") / "runs"
    fill_library(directory)
    yield directory
    monkeypatch.undo()
    time.tzset()


class Listed:
    """An app on the list of runs."""

    def __init__(self, app: InspectorApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> RunsScreen:
        screen = self.app.screen
        assert isinstance(screen, RunsScreen)
        return screen

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.screen.shown]

    @property
    def current(self) -> str:
        assert self.screen.current is not None
        return self.screen.current.name

    @property
    def read(self) -> bool:
        entries = self.screen.shown
        return bool(entries) and all(entry.state for entry in entries)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(500):
            if condition():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.02)
        raise AssertionError("it did not happen within 10 seconds")


@asynccontextmanager
async def listed(size: tuple[int, int] = (120, 34)) -> AsyncIterator[Listed]:
    app = InspectorApp(None, engine_factory(ScriptedEngine([])))
    async with app.run_test(size=size) as pilot:
        it = Listed(app, pilot)
        await it.until(lambda: isinstance(app.screen, RunsScreen) and it.read)
        yield it


def sides(page: CompareScreen) -> list[str]:
    """What is compared, once it is."""
    found = page.comparison
    records = (found.first, found.second) if found else ()
    return [f"{record.run}:{record.variant}" for record in records]


async def test_the_list_shows_every_run_and_what_is_known_of_the_one_under_the_cursor() -> None:
    async with listed() as it:
        assert it.names == ["first", "five-recipes", "second", "broken"]
        rows = it.screen.table.texts
        assert "60 → 40 %" in rows[0]
        assert "damaged" in rows[3]
        await it.press("down")
        about = it.screen.query_one("#about", Sheet).texts()
        assert sum("open" in line for line in about) == 6
        await it.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)


async def test_enter_opens_a_run_and_the_inspector_leads_back_to_the_list() -> None:
    async with listed() as it:
        await it.press("down", "enter")
        await it.until(lambda: isinstance(it.app.screen, InspectScreen))
        inspector = it.app.screen
        assert isinstance(inspector, InspectScreen)
        await it.until(lambda: inspector.table.count == 34)
        await it.press("L")
        await it.until(lambda: isinstance(it.app.screen, RunsScreen) and it.read)
        await it.press("down", "d")
        assert "five-recipes" in it.names
        await it.press("escape")
        assert it.app.screen is inspector
        await it.press("L")
        await it.until(lambda: isinstance(it.app.screen, RunsScreen) and it.read)
        await it.press("home", "enter")
        await it.until(lambda: isinstance(it.app.screen, InspectScreen))
        other = it.app.screen
        assert isinstance(other, InspectScreen)
        assert other is not inspector
        await it.until(lambda: other.table.count == 5)


async def test_a_run_that_is_being_scored_is_not_left_for_another() -> None:
    async with opened(ScriptedEngine(scored_items(3), pause_seconds=5.0), wait=False) as it:
        await it.until(lambda: it.app.session.running and bool(it.app.session.state.total))
        await it.press("L")
        screen = it.app.screen
        assert isinstance(screen, RunsScreen)
        await it.until(lambda: bool(screen.shown))
        await it.press("enter")
        assert it.app.screen is screen
        assert it.app.session.running


async def test_a_damaged_run_is_not_opened() -> None:
    async with listed() as it:
        await it.press("end", "enter")
        assert isinstance(it.app.screen, RunsScreen)


async def test_a_filter_narrows_the_list_and_escape_clears_it() -> None:
    async with listed() as it:
        await it.press("slash", *"unfin", "enter")
        assert it.names == ["second"]
        assert it.screen.table.has_focus
        await it.press("escape")
        assert len(it.names) == 4


async def test_a_run_is_renamed_and_has_its_name_back(runs: Path) -> None:
    async with listed() as it:
        await it.press("r")
        bar = it.screen.query_one(PromptBar)
        assert bar.value == "first"
        await it.press(*"/x", "enter")
        assert bar.display
        assert (runs / "first").exists()
        await it.press("backspace", "backspace", *"-one", "enter")
        await it.until(lambda: it.read and "first-one" in it.names)
        assert it.current == "first-one"
        assert not bar.display
        await it.press("u")
        await it.until(lambda: it.read and "first" in it.names)
        assert (runs / "first").exists()


async def test_a_deleted_run_comes_back_by_undo(runs: Path) -> None:
    before = read_run(runs / "first").scored
    async with listed() as it:
        await it.press("d")
        await it.until(lambda: it.read and "first" not in it.names)
        assert not (runs / "first").exists()
        await it.press("u")
        await it.until(lambda: it.read and "first" in it.names)
        assert it.current == "first"
    assert read_run(runs / "first").scored == before


async def test_a_run_that_is_being_written_is_neither_renamed_nor_deleted(runs: Path) -> None:
    with RunLog.attach(runs / "first"):
        async with listed() as it:
            assert "being written" in it.screen.table.texts[0]
            await it.until(lambda: "60 → 40 %" in it.screen.table.texts[0])
            await it.press("d")
            assert it.names[0] == "first"
            await it.press("r", *"x", "enter")
            assert it.screen.query_one(PromptBar).display
    assert (runs / "first").exists()


async def test_a_run_that_is_open_here_and_done_is_not_called_being_written(runs: Path) -> None:
    async with listed() as it:
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, InspectScreen))
        # As its engine does.
        with RunLog.attach(runs / "first"):
            await it.press("L")
            await it.until(lambda: isinstance(it.app.screen, RunsScreen) and it.read)
            assert "finished" in it.screen.table.texts[0]


async def test_two_marked_runs_are_compared_and_a_cell_has_its_items() -> None:
    async with listed() as it:
        await it.press("c")
        assert it.screen.table.texts[0].startswith("▸")
        await it.press("down", "down", "c")
        page = it.app.screen
        assert isinstance(page, CompareScreen)
        await it.until(lambda: page.comparison is not None and bool(page.query(LineTable)))
        cross, items = page.query_one(CrossTable), page.query_one(LineTable)
        await it.until(lambda: len(items.texts) == 1)
        assert "not scored alike: judge" in drawn(page.query_one("#figures"))
        await it.press("up", "up", "up", "up", "left", "left", "left", "left", "left")
        assert cross.cell == Cell("kept", "kept")
        await it.press("down", "down")
        assert cross.cell == Cell("lost", "kept")
        assert "✗ Rome" in items.texts[0]
        await it.press("enter")
        assert items.has_focus
        await it.press("escape")
        assert cross.has_focus
        await it.press("s")
        await it.until(lambda: sides(page) == ["second:wanda:0.45", "first:wanda:0.45"])
        await it.press("escape")
        assert isinstance(it.app.screen, RunsScreen)


async def test_a_run_marked_twice_compares_its_variants() -> None:
    async with listed() as it:
        await it.press("down", "c", "c")
        page = it.app.screen
        assert isinstance(page, CompareScreen)
        run = "five-recipes"
        await it.until(lambda: sides(page) == [f"{run}:sparsegpt:0.4", f"{run}:sparsegpt:0.5"])
        await it.press("right_square_bracket")
        await it.until(lambda: sides(page) == [f"{run}:sparsegpt:0.4", f"{run}:dense"])
        await it.press("left_curly_bracket")
        await it.until(lambda: sides(page) == [f"{run}:sparsegpt:0.5", f"{run}:dense"])


@pytest.mark.parametrize("size", [(80, 24), (120, 34)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("name", "keys"), [("runs", ("down",)), ("compare", ("down", "c", "c"))])
async def test_the_screens_look_as_they_did(
    name: str, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with listed(size) as it:
        await it.press(*keys)
        page = it.app.screen
        if isinstance(page, CompareScreen):
            await it.until(lambda: bool(page.query_one(LineTable).texts))
        picture = normalised(it.app.export_screenshot(simplify=True))
    path = SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.svg"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(picture, encoding="utf-8")
    assert picture == path.read_text(encoding="utf-8"), f"{path.name} has changed"
