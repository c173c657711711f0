"""The app on scripted engines, for tests that press keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widget import Widget

from engine.records.protocol import Message
from engine.records.settings import Settings
from tests.inspector_fixtures import WANDA, scored_items
from tests.scripted_client import ScriptedEngine, engine_factory
from tui.app import InspectorApp
from tui.screens.inspect import InspectScreen
from tui.state.session import LiveRun, SavedRun
from tui.widgets.item_table import ItemTable

SIZE = (120, 36)


class Opened:
    """An app that runs, with what tests ask of it."""

    def __init__(self, app: InspectorApp, pilot: Pilot[int], engine: ScriptedEngine) -> None:
        self.app = app
        self.pilot = pilot
        self.engine = engine

    @property
    def screen(self) -> InspectScreen:
        screen = self.app.screen_stack[1]
        assert isinstance(screen, InspectScreen)
        return screen

    @property
    def table(self) -> ItemTable:
        return self.screen.table

    @property
    def tabulated(self) -> bool:
        """Whether the table of the items is made, so that they can be counted and narrowed."""
        tables = self.app.session.state.tables
        return tables.wanted and tables.complete(self.screen.variant)

    @property
    def current_id(self) -> str:
        assert self.screen.current is not None
        return self.screen.current.item.id

    def sent(self, kind: type[Message]) -> list[Message]:
        return [request for request in self.engine.sent if isinstance(request, kind)]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(1000):
            if condition():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.02)
        raise AssertionError("it did not happen within 20 seconds")


@asynccontextmanager
async def opened(
    *engines: ScriptedEngine,
    recipes: tuple[str, ...] = (WANDA,),
    size: tuple[int, int] = SIZE,
    saved: Path | None = None,
    wait: bool = True,
    make_app: type[InspectorApp] = InspectorApp,
) -> AsyncIterator[Opened]:
    engines = engines or (ScriptedEngine(scored_items(30, recipes), recipes),)
    source = SavedRun(saved) if saved else LiveRun(Settings(recipes=recipes), "runs/here")
    app = make_app(source, engine_factory(*engines))
    async with app.run_test(size=size) as pilot:
        it = Opened(app, pilot, engines[0])
        if wait:
            await it.until(lambda: it.table.number is not None and it.tabulated)
        yield it


def drawn(widget: Widget) -> str:
    """The text that a widget draws."""
    lines = (widget.render_line(y) for y in range(widget.size.height))
    return "\n".join("".join(segment.text for segment in line) for line in lines)
