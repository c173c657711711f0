"""What a command without a screen says on standard error while it works."""

from __future__ import annotations

import io
import shutil
import sys
import time
from typing import TextIO

from engine.system_errors import FULL
from engine.text import displayable, truncated

SECONDS_BETWEEN_LINES = 15.0
"""Where the output is no terminal, progress within a stage is told at most so often."""


class Talk:
    """Lines on standard error; on a terminal the last one is live and is written over.

    One that is quiet says nothing: of several processes on one terminal, the first talks.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = io.StringIO() if quiet else stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = False
        self._stage = ""
        self._told = 0.0

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self._write(displayable(text) + "\n")

    def progress(self, stage: str, text: str) -> None:
        """Show how far a stage has come."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._write("\r" + truncated(displayable(text), width) + "\x1b[K")
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
            self._write("\r\x1b[K")
            self._shown = False

    def _write(self, text: str) -> None:
        """Write at once; a full disk that takes no talk is no reason to stop the work."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            if error.errno not in FULL:
                raise


def clock(seconds: float) -> str:
    """A duration as "0:41" or "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
