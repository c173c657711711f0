"""The inspector and the stage as a browser gets them."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import ClassVar

from textual.driver import Driver
from textual.messages import ExitApp

from tui.acting import ActingScreen
from tui.actions import Action
from tui.app import InspectorApp
from tui.screens.compare import CompareScreen
from tui.screens.export import ExportScreen
from tui.screens.runs import RunsScreen
from tui.stage import StageApp

LEFT_OUT: tuple[type[ActingScreen], ...] = (ExportScreen, RunsScreen, CompareScreen)
"""What writes files where a browser says, and what opens, renames or deletes other runs."""


class Served(InspectorApp):
    """A base that ends when the server does."""

    def get_driver_class(self) -> type[Driver]:
        return _ending(super().get_driver_class())


class ServedInspector(Served):
    """The inspector without what a guest must not do, in which others' answers are seen."""

    JOINS = True

    SCREEN_CLASSES: ClassVar[tuple[type[ActingScreen], ...]] = tuple(
        screen for screen in InspectorApp.SCREEN_CLASSES if screen not in LEFT_OUT
    )

    @classmethod
    def all_actions(cls) -> tuple[Action, ...]:
        away = {screen.OPENS.action for screen in LEFT_OUT if screen.OPENS}
        return tuple(action for action in super().all_actions() if action not in away)


class ServedStage(Served, StageApp):
    """The stage."""


@lru_cache
def _ending(driver: type[Driver]) -> type[Driver]:
    class EndingDriver(driver):  # type: ignore[valid-type, misc]  # mypy: a class made at run time
        """Leaves the app when its input ends: Textual's own would wait for ever."""

        def run_input_thread(self) -> None:
            super().run_input_thread()
            # Where the app ended first, there is no loop any more.
            with contextlib.suppress(RuntimeError):
                self._app.post_message(ExitApp())

    return EndingDriver
