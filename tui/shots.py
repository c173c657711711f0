"""Pictures of a saved run's screens, taken without a terminal and without an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from engine.records.errors import UserError
from engine.runs.item_ids import require_item
from tui.app import InspectorApp
from tui.process.client import EngineClient
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen
from tui.screens.stage import StageScreen
from tui.state.session import SavedRun
from tui.themes import DARK, LIGHT

ITEMS = "items"
"""The inspector's own screen."""
THEME_NAMES = {"dark": DARK.name, "light": LIGHT.name}
SECONDS, SECONDS_BETWEEN_LOOKS = 120.0, 0.02


@dataclass(frozen=True)
class Shot:
    """What is pictured.

    Attributes:
        screen: `ITEMS`, or the name of a screen that opens from there.
        item_id: the item under the cursor; None for the first.
        size: columns and lines.
        theme: "dark", "light", or a theme's name.
    """

    screen: str = ITEMS
    item_id: str | None = None
    size: tuple[int, int] = (120, 34)
    theme: str = "dark"


def screen_names() -> tuple[str, ...]:
    """The screens that can be pictured."""
    openings = (screen.OPENS for screen in InspectorApp.SCREEN_CLASSES)
    return (
        ITEMS,
        *(one.name for one in openings if one and issubclass(InspectScreen, one.host)),
    )


def take_shot(directory: Path, shot: Shot) -> str:
    """A picture of a saved run as SVG.

    Raises:
        UserError: there is no such screen, theme or item, or the run can't be read.
    """
    if shot.screen not in screen_names():
        raise UserError(
            f"there is no screen '{shot.screen}'", f"Name one of {', '.join(screen_names())}."
        )
    return asyncio.run(_picture(directory, shot))


async def _picture(directory: Path, shot: Shot) -> str:
    app = InspectorApp(SavedRun(directory), lambda: EngineClient(None))
    theme = THEME_NAMES.get(shot.theme, shot.theme)
    if theme not in app.available_themes:
        known = ", ".join((*THEME_NAMES, *sorted(app.available_themes)))
        raise UserError(f"there is no theme '{shot.theme}'", f"Name one of {known}.")
    app.theme = theme
    async with app.run_test(size=shot.size) as pilot:
        try:
            await _arrange(app, pilot, shot)
            return app.export_screenshot(simplify=True)
        finally:
            await app.session.close()


async def _arrange(app: InspectorApp, pilot: Pilot[int], shot: Shot) -> None:
    """Bring what is to be pictured on the screen."""
    host, session = app.screen, app.session
    assert isinstance(host, InspectScreen)

    def read() -> bool:
        known = host.table.number is not None and session.state.tables.wanted
        return session.down is not None or (known and session.state.tables.complete(host.variant))

    await _until(read)
    if session.down is not None:
        raise UserError(session.down.message, session.down.hint)
    if shot.item_id is not None:
        require_item(shot.item_id, session.state.ids)
        number = session.state.ids.index(shot.item_id)
        host.table.go_to(host.table.numbers.index(number))
    await pilot.pause()
    if shot.screen != ITEMS:
        app.action_open(shot.screen)
        await pilot.pause()
    screen = app.screen
    if isinstance(screen, PageScreen):
        await _until(lambda: screen.texts() != ["computing"])
    elif isinstance(screen, StageScreen):
        screen.tell_all()
    await pilot.pause()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
