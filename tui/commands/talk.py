"""What a command without a screen says on standard error while it works."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from engine.records.manifest import Manifest
from engine.records.protocol import (
    Event,
    ItemScored,
    ManifestChanged,
    Notice,
    Progress,
    RunOpened,
)
from engine.text import displayable, truncated

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


class EventTalk:
    """Tells of a run's events.

    Attributes:
        items: of the run; 0 until it is open.
        scored: how many of them are on disk.
        directory: of the run; empty until it is open.
    """

    def __init__(self, talk: Talk, *, quiet: bool = False) -> None:
        """Tell through `talk`; quiet leaves out what is about scoring."""
        self.items = 0
        self.scored = 0
        self.directory = ""
        self._talk = talk
        self._done_before = 0
        self._first_scored_at = 0.0
        self._model_told = False
        self._quiet = quiet

    @property
    def kept(self) -> str:
        """What a run that was cut short leaves; empty where nothing was begun."""
        if not self.directory:
            return ""
        return (
            f"{self.scored} of {self.items} items are kept in {self.directory}; the same command "
            "goes on from there."
        )

    def tell(self, event: Event) -> None:
        """Say what is worth saying of this event."""
        if isinstance(event, RunOpened):
            self._opened(event)
        elif isinstance(event, ManifestChanged):
            self._manifest(event.manifest)
        elif isinstance(event, Progress):
            self._talk.progress(f"{event.stage} {event.variant}", progress_line(event))
        elif isinstance(event, ItemScored) and not self._quiet:
            self._scored()
        elif isinstance(event, Notice):
            self._talk.say(f"note: {event.text}")

    def _opened(self, event: RunOpened) -> None:
        self.items, self._done_before, self.directory = event.items, event.done, event.directory
        if not self._quiet:
            done = f", {event.done} already scored" if event.done else ""
            self._talk.say(f"run: {event.directory} ({event.items} items{done})")
        self._manifest(event.manifest)

    def _manifest(self, manifest: Manifest) -> None:
        if self._model_told or manifest.model is None or manifest.device is None:
            return
        self._model_told = True
        self._talk.say(f"model: {manifest.model.name} on {manifest.device}, {manifest.dtype}")

    def _scored(self) -> None:
        self.scored += 1
        now = self.scored - self._done_before
        if now <= 0:
            return
        if now == 1:
            self._first_scored_at = time.monotonic()
        text = f"scored {self.scored} of {self.items}"
        if now > 1 and self.scored < self.items:
            pace = (time.monotonic() - self._first_scored_at) / (now - 1)
            text += f", {clock(pace * (self.items - self.scored))} left"
        self._talk.progress("score" if self.scored < self.items else "scored", text)


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
