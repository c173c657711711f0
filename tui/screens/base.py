"""What every screen over a run has in common."""

from __future__ import annotations

from textual.message import Message

from tui.acting import ActingScreen
from tui.state.session import Session
from tui.state.state import Change, RunState


class EngineNeeded(Message):
    """A request waits for an engine: one is to be started where none runs."""


class RunScreen(ActingScreen):
    """A screen that draws from a run's state and is told when it changed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    @property
    def state(self) -> RunState:
        return self.session.state

    def changed(self, change: Change) -> None:
        """Draw what changed."""
        raise NotImplementedError
