"""Screens: every one, at several sizes, with everything that can be done on it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from engine.records.protocol import Event, Failed, Notice, Progress
from tests.harness.acting import acting
from tests.harness.hostile_run import HostileRun, benign, hostile_run, write
from tests.harness.infection import Infection
from tests.harness.kinds import KINDS, mixture
from tests.harness.outlet import Outlet
from tests.harness.outlets.commands import RUNS, at_home
from tests.scripted_client import ScriptedEngine, engine_factory
from tui.acting import actions_on
from tui.app import InspectorApp
from tui.screens.inspect import InspectScreen
from tui.state.session import LiveRun, RunSource, SavedRun

SIZES = ((80, 24), (120, 34), (200, 50))
LEAVING = ("stop_and_quit", "open_run")
"""What ends the app, or opens another run in it."""
CLEARING = 4
"""So many times Escape cancels what runs, and clears filter and outcome."""
PATIENCE = 400
"""Waits of a twentieth of a second for what a screen reads."""


class HostileScripted(ScriptedEngine):
    """A scripted engine on a hostile run, whose events are hostile as well."""

    def __init__(self, run: HostileRun, seed: int) -> None:
        super().__init__(run.scored, run.manifest.settings.recipes)
        ids = (one.item.id for one in run.scored)
        self._names = {*run.manifest.settings.variants, *ids}
        self._seed = seed
        self.log = run.directory / "engine.log"

    def stderr_tail(self, lines: int = 20) -> str:
        """Its last words, hostile as well."""
        return "\n".join(KINDS.values())

    def _put(self, event: Event) -> None:
        kept = self._names | {event.id or ""}
        super()._put(Infection(self._seed, kept=kept).record(event))


class Walk:
    """Goes through the app's screens and looks at what they draw.

    Attributes:
        seen: the screens, by name.
    """

    def __init__(self, app: InspectorApp, pilot: Pilot[int], rng: random.Random) -> None:
        self._app = app
        self._pilot = pilot
        self._rng = rng
        self.seen: set[str] = set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait; raises `AssertionError` where it never comes."""
        for _ in range(PATIENCE):
            if true():
                return
            await self._pilot.pause(0.05)
        raise AssertionError(f"it never came: {self._app.screen}")

    async def look(self, doing: str) -> None:
        """Look at every line of the screen, its messages, and the clipboard."""
        await self._pilot.pause()
        screen = self._app.screen
        self.seen.add(type(screen).__name__)
        shown = [segment.text for line in lines_of(screen) for segment in line]
        told = [one.message for one in self._app._notifications]
        for text in (*shown, *told, self._app.title, self._app.sub_title):
            found = acting(text)
            assert not found, f"{screen}, {doing}: {''.join(found)!a} in {text[:200]!a}"
        pasted = self._app.clipboard
        assert not set(acting(pasted)) & {chr(code) for code in range(0xA0)} - set("\t\n\r"), doing

    async def every_screen(self) -> None:
        """Open every screen that a key opens, and do there all that can be done."""
        host = self._app.screen
        await self.everything()
        for opened in self._app.SCREEN_CLASSES:
            if opened.OPENS is None or not isinstance(host, opened.OPENS.host):
                continue
            await self._back_to(host)
            # What was typed into the filter may have left no item to open something for.
            await self._pilot.press(*["escape"] * CLEARING)
            self._app.action_open(opened.OPENS.name)
            await self.everything()
        await self._back_to(host)

    async def everything(self) -> None:
        """Do all that can be done on the screen, twice, looking at what comes of it."""
        await self._pilot.pause(0.05)
        screen = self._app.screen
        await self.look("opened")
        for _, action in actions_on(screen):
            if action.name.startswith("open(") or action.name in LEAVING:
                continue
            for again in range(2):
                node = next((n for n, one in actions_on(self._app.screen) if one == action), None)
                if node is None or self._app.screen is not screen:
                    break
                await node.run_action(action.name)
                await self.look(f"{action.name} {again}")
                await self._what_opened(screen)
                if self._app.screen is screen:
                    await self._pilot.press("down")
        for key in ("pagedown", "pagedown", "end"):
            await self._pilot.press(key)
            await self.look(key)

    async def _what_opened(self, before: Screen[Any]) -> None:
        """Fill in the field that opened, look at the screen that did, and go back."""
        for _ in range(4):
            focused = self._app.screen.focused
            if isinstance(focused, Input):
                self._app.post_message(events.Paste(f"a {mixture(self._rng)}"))
                await self.look("pasted")
                await self._pilot.press("tab")
                # From the runs' filter it leads to the table, where enter would open another run.
                if focused.is_attached and focused.screen is self._app.screen:
                    focused.focus()
                await self._pilot.press("enter")
                await self.look("entered")
                if self._app.screen.focused is focused:
                    await self._pilot.press("escape")
            if self._app.screen is before:
                return
            await self.look("opened from there")
            await self._pilot.press("pagedown")
            await self.look("further down")
            await self._pilot.press("escape")

    async def _back_to(self, screen: Screen[Any]) -> None:
        for _ in range(20):
            if self._app.screen is screen:
                return
            await self._pilot.press("escape")
        raise AssertionError(f"no way back from {self._app.screen} to {screen}")


def lines_of(screen: Screen[Any]) -> list[Any]:
    """What the screen draws, line by line."""
    return screen._compositor.render_strips()


async def _walked(
    source: RunSource | None, engine: HostileScripted, seed: int, size: tuple[int, int]
) -> set[str]:
    app = InspectorApp(source, engine_factory(engine))
    async with app.run_test(size=size) as pilot:
        walk = Walk(app, pilot, random.Random(seed))
        if source is None:
            await walk.until(lambda: bool(app.screen.query("#runs")))
            await pilot.pause(0.5)
            await walk.everything()
            await pilot.press("enter")
            await walk.look("a run was chosen")
            return walk.seen
        screen = app.screen
        assert isinstance(screen, InspectScreen)
        await walk.until(
            lambda: screen.table.number is not None and app.session.state.tables.wanted
        )
        if isinstance(source, LiveRun):
            engine.emit(
                Notice(text="the passage was cut"),
                Progress(stage="odd", detail="block", done=1, total=2, variant="odd"),
            )
            await pilot.pause(0.3)
            await walk.look("told")
            await pilot.press("b")
            await walk.look("decoded")
            engine.emit(Failed(message="it can't go on", hint="Do\nthis."))
            await walk.until(lambda: app.session.down is not None)
            await pilot.pause(0.3)
            await walk.look("the engine has ended")
            await pilot.resize_terminal(*SIZES[0])
            await walk.look("smaller")
        else:
            await walk.every_screen()
        await _settled(app)
    return walk.seen


async def _settled(app: App[int]) -> None:
    for worker in list(app.workers):
        worker.cancel()


def _screens(seed: int, directory: Path) -> frozenset[str]:
    size = SIZES[seed % len(SIZES)]
    with at_home(directory):
        runs = directory / RUNS
        runs.mkdir(parents=True)
        run = hostile_run(runs, seed, megabyte=0.001)
        write(benign(runs / "plain"))
        settings = run.manifest.settings
        seen: set[str] = set()
        for source in (SavedRun(run.directory), LiveRun(settings, str(run.directory)), None):
            engine = HostileScripted(run, seed)
            seen |= asyncio.run(_walked(source, engine, seed, size))
    missed = {screen.__name__ for screen in InspectorApp.SCREEN_CLASSES} - seen
    assert not missed, f"never reached: {missed}"
    return frozenset(seen)


OUTLETS = (Outlet("screens", 30, _screens),)
