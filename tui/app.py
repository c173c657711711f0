"""The app: opens a run, passes events to the screens, and stops the engine."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import aclosing
from functools import partial
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import SystemCommand
from textual.color import Color
from textual.driver import Driver
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import ThemeProvider

from engine.records.errors import UserError
from engine.records.protocol import Event
from engine.records.settings import Settings
from engine.text import displayable, in_place
from tui.acting import ActingApp, ActingScreen, actions_on
from tui.actions import RUN, Action
from tui.crashing import CrashingApp
from tui.drawing.anchors import anchoring
from tui.screens.base import EngineNeeded, RunScreen
from tui.screens.columns import ColumnsScreen
from tui.screens.compare import CompareScreen
from tui.screens.export import ExportScreen
from tui.screens.filters import FiltersScreen
from tui.screens.groups import GroupsScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import FROM_THE_TOP, InspectScreen
from tui.screens.lab import LabScreen
from tui.screens.remedies import RemediesScreen
from tui.screens.runs import RunChosen, RunsScreen
from tui.screens.stage import StageScreen
from tui.screens.summary import SummaryScreen
from tui.screens.variants import VariantsScreen
from tui.screens.xray import XRayScreen
from tui.state.preferences import keep_preferences, read_preferences
from tui.state.session import Closing, Engine, EngineDown, LiveRun, RunSource, SavedRun, Session
from tui.state.start import Start
from tui.state.state import Change
from tui.themes import DARK, LIGHT, THEMES
from tui.widgets.option_lists import Palette
from tui.widgets.paint import PAINT_CLASSES

REFRESH_SECONDS = 0.1
TABLE_SECONDS = 0.5
"""So often what is found in a large run is drawn while it is read."""
STYLES = Path(__file__).parent / "styles"


class EngineSpoke(Message):
    """Events are waiting."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, EngineSpoke)


class EngineEnded(Message):
    """No more events will come."""


class InspectorApp(ActingApp, CrashingApp):
    """The inspector on one run.

    Args:
        source: a run to score, or one on disk; None to choose one from a list.
        make_engine: makes an engine that is not started yet.
        start: what is shown first of the run that is opened first.
    """

    TITLE = "illusion-tui"
    TABULATES: ClassVar[bool] = True
    """Whether the table of the items is made, by which they are sorted, filtered and counted."""
    JOINS: ClassVar[bool] = False
    """Whether a saved run is opened in an engine before anything is asked: others may use it."""
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        STYLES / "app.tcss",
        STYLES / "inspect.tcss",
        STYLES / "pages.tcss",
        STYLES / "runs.tcss",
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = set(PAINT_CLASSES)
    SCREEN_CLASSES: ClassVar[tuple[type[ActingScreen], ...]] = (
        InspectScreen,
        LabScreen,
        XRayScreen,
        VariantsScreen,
        SummaryScreen,
        GroupsScreen,
        RemediesScreen,
        StageScreen,
        FiltersScreen,
        ColumnsScreen,
        ExportScreen,
        RunsScreen,
        CompareScreen,
        HelpScreen,
    )
    ACTIONS = (
        Action(
            "ctrl+t",
            "next_theme",
            "theme",
            "Dark, light, or the terminal's own colours.",
            RUN,
            shown="^t",
        ),
        Action(
            "ctrl+p",
            "command_palette",
            "commands",
            "All of these by name.",
            RUN,
            shown="^p",
            priority=True,
        ),
        Action(
            "q",
            "stop_and_quit",
            "quit",
            "Quit, and stop the engine unless browsers share it.",
            RUN,
            footer=10,
        ),
        Action(
            "ctrl+c",
            "stop_and_quit",
            "quit at once",
            "The same, from anywhere.",
            RUN,
            shown="^c",
            priority=True,
        ),
    )
    # Textual's own annotation of these two makes mypy refuse ClassVar here.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall"), (44, "-high")]  # noqa: RUF012

    def __init__(
        self,
        source: RunSource | None,
        make_engine: Callable[[], Engine],
        start: Start = FROM_THE_TOP,
    ) -> None:
        super().__init__()
        self._start = start
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        if "TEXTUAL_THEME" not in os.environ:
            known = read_preferences().theme
            self.theme = known if known in self.available_themes else DARK.name
        self._make_engine = make_engine
        self._choosing = source is None
        # Where a run is to be chosen first, this one is never opened.
        self.session = Session(source or LiveRun(Settings()), make_engine)
        self._inbox: deque[Event] = deque()
        self._dirty = Change.NONE

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, holding columns where widths are disputed."""
        return anchoring(super().get_driver_class())

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables, and how the muted and the cursor look on it."""
        variables = super().get_css_variables()
        foreground = Color.parse(variables["foreground"])
        background = Color.parse(variables["background"])
        ansi = foreground.ansi is not None or background.ansi is not None
        primary = Color.parse(variables["primary"])
        variables["dim"] = "ansi_bright_black" if ansi else foreground.blend(background, 0.4).hex
        variables["cursor"] = "ansi_default" if ansi else background.blend(primary, 0.3).hex
        variables["cursor-style"] = "bold underline" if ansi else "none"
        return variables

    def first_screen(self) -> RunScreen:
        """The screen that the app begins with."""
        return RunsScreen(self.session) if self._choosing else self._inspector()

    def _inspector(self) -> InspectScreen:
        start, self._start = self._start, FROM_THE_TOP
        return InspectScreen(self.session, start)

    async def _left(self, _: None) -> None:
        await self.action_stop_and_quit()

    def on_mount(self) -> None:
        self.push_screen(self.first_screen(), self._left)
        self.set_interval(REFRESH_SECONDS, self._draw_changes)
        # The first frame is on its way before anything else begins.
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        # Off while the command imports and draws: a tenth of the time to the first frame.
        gc.enable()
        if self._choosing:
            return
        if isinstance(self.session.source, SavedRun):
            self._read_saved()
        else:
            self._listen()
            self._tabulate()

    @work(group="read")
    async def _read_saved(self) -> None:
        # Read in a thread, taken over here: screens never see the state change while they draw.
        try:
            self.session.state = await asyncio.to_thread(self.session.read_saved)
        except UserError as error:
            self.session.down = EngineDown(error.message, error.hint)
        except Closing:
            return
        if self.session.state.tables.elsewhere:
            # The index of a large run stays: looking for garbage in it makes keys wait.
            gc.freeze()
        self._ended()
        self._draw_changes()
        if self.JOINS and self.session.down is None:
            self._engine_needed()
        if self.TABULATES:
            self.call_after_refresh(self._tabulate)

    @work(group="tabulate")
    async def _tabulate(self) -> None:
        """Make the tables of the items, once the first rows are drawn."""
        await asyncio.to_thread(import_module, "tui.state.table")
        from tui.process.tabulator import tabulated

        self.session.state.tables.wanted = True
        self._dirty |= Change.ITEMS
        async with aclosing(self.session.tabulate(tabulated)) as parts:
            drawn = 0.0
            async for _ in parts:
                if time.monotonic() - drawn > TABLE_SECONDS:
                    drawn = time.monotonic()
                    self._dirty |= Change.ITEMS
        self._dirty |= Change.ITEMS | Change.RUN

    # -- events ----------------------------------------------------------------------------

    @work(exclusive=True, group="engine")
    async def _listen(self) -> None:
        async for event in self.session.events():
            self._inbox.append(event)
            self.post_message(EngineSpoke())
        self.post_message(EngineEnded())

    @on(EngineSpoke)
    def _fold(self) -> None:
        while self._inbox:
            self._dirty |= self.session.state.fold(self._inbox.popleft())

    @on(EngineEnded)
    def _ended(self) -> None:
        self._fold()
        self._dirty |= ~Change.NONE

    def _draw_changes(self) -> None:
        """Tell the screens what changed since the last time."""
        if not self.is_running:
            return  # The app is closing: its screens lose their widgets before the timer ends.
        state = self.session.state
        while state.notices:
            self.notify(state.notices.popleft(), markup=False)
        if state.stage is not None or (state.live and state.seconds is None and state.items):
            self._dirty |= Change.RUN
        change, self._dirty = self._dirty, Change.NONE
        if change:
            for screen in self.screen_stack:
                if isinstance(screen, RunScreen) and screen.is_mounted:
                    screen.changed(change)

    # -- what screens ask for --------------------------------------------------------------

    @on(EngineNeeded)
    def _engine_needed(self) -> None:
        if not self.session.running:
            self._listen()

    @on(RunChosen)
    async def _run_chosen(self, message: RunChosen) -> None:
        """Open a run in the place of what is open."""
        await self.session.close()
        for group in ("engine", "read", "tabulate"):
            self.workers.cancel_group(self, group)
        self._inbox.clear()
        self.session = Session(SavedRun(message.directory), self._make_engine)
        self._choosing = False
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.push_screen(self._inspector())
        self._open()

    async def on_event(self, event: events.Event) -> None:
        """What is pasted into Textual's own field is to show, too."""
        if isinstance(event, events.Paste) and isinstance(self.screen, Palette):
            event.text = in_place(event.text)
        await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a message for a while; what is no markup of ours may come from anywhere."""
        text = message if markup else displayable(message)
        super().notify(text, title=title, severity=severity, timeout=timeout, markup=markup)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that can be done here, for the command palette."""
        for node, action in actions_on(screen):
            if action.name != "command_palette":
                title = f"{action.title}  ({action.key_text})"
                yield SystemCommand(title, action.help, partial(node.run_action, action.name))

        yield SystemCommand("Choose a theme", "All themes, by name.", self.action_change_theme)
        yield SystemCommand(
            "Screenshot", "Save the screen as an SVG picture.", self.deliver_screenshot
        )

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def search_themes(self) -> None:
        """All themes by name."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def action_next_theme(self) -> None:
        index = THEMES.index(self.theme) if self.theme in THEMES else -1
        self.theme = THEMES[(index + 1) % len(THEMES)]
        keep_preferences(theme=self.theme)

    async def action_stop_and_quit(self) -> None:
        await self.session.close()
        self.exit(0)
