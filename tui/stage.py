"""The app of `illusion-tui stage`: a saved run, with nothing but the stage."""

from __future__ import annotations

from typing import ClassVar

from tui.acting import ActingScreen
from tui.app import InspectorApp
from tui.screens.base import RunScreen
from tui.screens.stage import StageScreen


class StageApp(InspectorApp):
    """Begins with the stage, and ends when it is left."""

    TABULATES = False
    SCREEN_CLASSES: ClassVar[tuple[type[ActingScreen], ...]] = (StageScreen,)

    def first_screen(self) -> RunScreen:
        return StageScreen(self.session)
