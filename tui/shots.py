"""Pictures of a saved run's screens, taken without a terminal and without an engine."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from engine.records.errors import UserError, shortened
from engine.records.instruments.registry import instruments
from engine.runs.item_ids import require_item
from tui.app import InspectorApp
from tui.process.client import EngineClient
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen
from tui.screens.stage import StageScreen
from tui.screens.xray import XRayScreen
from tui.state.session import SavedRun
from tui.themes import DARK, LIGHT

ITEMS = "items"
"""The inspector's own screen."""
XRAY, STAGE = "xray", "stage"
THEME_NAMES = {"dark": DARK.name, "light": LIGHT.name}
SECONDS, SECONDS_BETWEEN_LOOKS = 120.0, 0.02


@dataclass(frozen=True)
class Shot:
    """What is pictured.

    Attributes:
        screen: `ITEMS`, or the name of a screen that opens from there.
        item_id: the item under the cursor; None for the first.
        instrument: on the x-ray, of which the run has a finding; None for the item itself.
        beat: on stage, from 1; None for the last.
        size: columns and lines.
        theme: "dark", "light", or a theme's name.
    """

    screen: str = ITEMS
    item_id: str | None = None
    instrument: str | None = None
    beat: int | None = None
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
        UserError: there is no such screen, theme, item, instrument or beat, or the run can't be
            read.
    """
    if shot.screen not in screen_names():
        raise _unknown("screen", shot.screen, screen_names())
    if shot.instrument is not None and shot.instrument not in instruments():
        raise _unknown("instrument", shot.instrument, tuple(instruments()))
    for option, given, screen in (
        ("--instrument", shot.instrument, XRAY),
        ("--beat", shot.beat, STAGE),
    ):
        if given is not None and shot.screen != screen:
            raise UserError(
                f"{option} is of the screen '{screen}', not of '{shot.screen}'",
                f"Write --screen {screen}, or leave {option} out.",
            )
    return asyncio.run(_picture(directory, shot))


async def _picture(directory: Path, shot: Shot) -> str:
    app = InspectorApp(SavedRun(directory), lambda: EngineClient(None))
    theme = THEME_NAMES.get(shot.theme, shot.theme)
    if theme not in app.available_themes:
        raise _unknown("theme", shot.theme, (*THEME_NAMES, *sorted(app.available_themes)))
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
    if isinstance(screen, XRayScreen) and shot.instrument is not None:
        _show_instrument(screen, shot.instrument)
    elif isinstance(screen, StageScreen):
        if shot.item_id not in (None, screen.item_id):
            raise UserError(
                f"{shot.item_id} doesn't come on stage",
                "The stage shows recognition-only items, those that were brought back if any were.",
            )
        _tell(screen, shot.beat)
    await pilot.pause()


def _show_instrument(screen: XRayScreen, name: str) -> None:
    if not screen.show_found(name):
        raise UserError(
            f"the run holds nothing that the instrument '{name}' found of {screen.item_id}",
            f"Let it look first: illusion-tui xray RUN {screen.item_id} --instrument {name}.",
        )


def _tell(screen: StageScreen, beat: int | None) -> None:
    if beat is not None and not 1 <= beat <= screen.whole:
        raise UserError(
            f"--beat {beat}: of {screen.item_id or 'no item'} {screen.whole} beats are told",
            f"Give a number from 1 to {screen.whole}, or leave it out for the last."
            if screen.whole
            else "The stage shows recognition-only items, and this run has none.",
        )
    screen.tell(beat or screen.whole)


def _unknown(kind: str, name: str, known: Sequence[str]) -> UserError:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    meant = f"Did you mean '{near[0]}'? " if near else ""
    return UserError(
        f"there is no {kind} '{shortened(name)}'", f"{meant}Name one of {', '.join(known)}."
    )


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
