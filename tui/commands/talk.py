"""What a command without a screen says on standard error while it works."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from engine.records.protocol import (
    Event,
    ItemScored,
    ManifestChanged,
    Notice,
    Progress,
    RunOpened,
)
from engine.records.settings import Settings
from engine.text import displayable, truncated
from tui.state.state import RunState

SECONDS_BETWEEN_LINES = 15.0
"""Where the output is no terminal, progress within a stage is told at most so often."""


class Talk:
    """Lines on standard error; on a terminal the last one is live and is written over."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = False
        self._stage = ""
        self._told = 0.0

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self._stream.write(displayable(text) + "\n")
        self._stream.flush()

    def progress(self, stage: str, text: str) -> None:
        """Show how far a stage has come."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r" + truncated(displayable(text), width) + "\x1b[K")
            self._stream.flush()
            self._shown = True
        elif stage != self._stage or time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            self.say(text)
        self._stage = stage

    def stopping(self) -> None:
        """Say that an interrupted engine finishes what it has in hand."""
        self.say("stopping: the engine finishes what it has in hand; Ctrl+C again ends it at once")

    def clear(self) -> None:
        """Take the live line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False


class RunTalk:
    """Folds a run's events, and says on standard error what is worth saying of them.

    Attributes:
        state: the run, as far as its events have told.
    """

    def __init__(self, talk: Talk, *, quiet: bool = False) -> None:
        """Tell through `talk`; quiet leaves out what is about scoring."""
        self.state = RunState(Settings())
        self._talk = talk
        self._model_told = False
        self._quiet = quiet

    @property
    def kept(self) -> str:
        """What a run that was cut short leaves; empty where nothing was begun."""
        state = self.state
        if not state.directory:
            return ""
        return (
            f"{state.scored} of {state.total} items are kept in {state.directory}; "
            "the same command goes on from there."
        )

    def tell(self, event: Event) -> None:
        """Fold an event and tell of it."""
        self.state.fold(event)
        match event:
            case RunOpened():
                self._opened(event)
            case ManifestChanged():
                self._model()
            case Progress():
                self._talk.progress(f"{event.stage} {event.variant}", progress_line(event))
            case ItemScored() if not self._quiet:
                self._scored()
            case Notice(text=text):
                self._talk.say(f"note: {text}")

    def _opened(self, event: RunOpened) -> None:
        if not self._quiet:
            done = f", {event.done} already scored" if event.done else ""
            self._talk.say(f"run: {event.directory} ({event.items} items{done})")
        self._model()

    def _model(self) -> None:
        manifest = self.state.manifest
        if self._model_told or manifest is None or not (manifest.model and manifest.device):
            return
        self._model_told = True
        self._talk.say(f"model: {manifest.model.name} on {manifest.device}, {manifest.dtype}")

    def _scored(self) -> None:
        state = self.state
        if state.scored <= state.resumed:
            return
        text = f"scored {state.scored} of {state.total}"
        left = state.seconds_left()
        if left is not None:
            text += f", {clock(left)} left"
        self._talk.progress("score" if state.scored < state.total else "scored", text)


def progress_line(event: Progress) -> str:
    """One line for a stage: "prune wanda:0.45: block 3 of 30"."""
    stage = f"{event.stage} {event.variant}" if event.variant else event.stage
    line = f"{stage}: {event.detail}" if event.detail else stage
    if event.total is None or f" of {event.total}" in event.detail:
        return line
    return f"{line} ({event.done:,} of {event.total:,})"


def clock(seconds: float) -> str:
    """A duration as "0:41" or "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
