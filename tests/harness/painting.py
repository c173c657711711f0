"""The inspector in a terminal of its own, as a process that may be killed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.runs.annotations import ANNOTATIONS
from engine.runs.reading import read_items
from tests.harness.killing import LOOKS
from tests.pty_command import PtyCommand

SIZE = (120, 34)
DOWN = "\x1b[B"
SETTLING_SECONDS, KEY_SECONDS = 1.0, 0.05
"""Before the first key, and after one that moves."""
_PHASES = re.compile(rb"fetch|convert|load|calibrat|sampling|prun|ahead|scored|recover")


class Painting:
    """The inspector with arguments, in an environment that has `more`."""

    def __init__(self, home: Path, arguments: Sequence[str], more: Mapping[str, str]) -> None:
        self.command = PtyCommand(home, *arguments, size=SIZE, **more)
        self.pid = self.command.pid
        self._status: int | None = None

    def look(self) -> None:
        """Take in what it paints for a moment."""
        self.command.listen(LOOKS)

    def said(self) -> list[tuple[float, str]]:
        """Nothing: when a phase began is not known."""
        return []

    def phase(self) -> str:
        """What stood on the screen last of what an engine is at."""
        found = _PHASES.findall(self.command.seen)
        return found[-1].decode() if found else ""

    def over(self) -> int | None:
        """Its exit status, if it has ended."""
        if self._status is None:
            with contextlib.suppress(TimeoutError):
                self._status = self.command.ended(0)
        return self._status

    def words(self) -> str:
        """All that it painted after it left the screen."""
        return self.command.seen.rpartition(b"\x1b[?1049l")[2].decode(errors="replace")

    def printed(self) -> bytes:
        """Nothing that programs read."""
        return b""


class Scoring(Painting):
    """The inspector on a run that it scores, left when that is done."""

    _left = False

    def look(self) -> None:
        super().look()
        if not self._left and b"items scored" in self.command.seen:
            self._left = True
            self.command.press("q")


class Starring(Painting):
    """The inspector on a saved run, in which every item is starred, one after another, and left."""

    def __init__(self, home: Path, arguments: Sequence[str], more: Mapping[str, str]) -> None:
        super().__init__(home, arguments, more)
        self._notes = home / "run" / ANNOTATIONS
        self._items = len(read_items(home / "run"))
        self._pressed = self._starred()
        self._ready = self._left = False

    def look(self) -> None:
        """Press the next key when the last one has done its work."""
        super().look()
        if self.over() is not None or self._left:
            return
        if not self._ready:
            self._ready = b"capital" in self.command.seen and b"quit" in self.command.seen
            if self._ready:
                self._go_to_the_next()
        elif self._starred() >= self._items:
            self._left = True
            self.command.press("q")
        elif self._starred() >= self._pressed:
            self._pressed += 1
            self.command.press(f"*{DOWN}")

    def _go_to_the_next(self) -> None:
        """Where an earlier one was killed."""
        self.command.listen(SETTLING_SECONDS)
        for _ in range(self._pressed):
            self.command.press(DOWN)
            self.command.listen(KEY_SECONDS)

    def _starred(self) -> int:
        return self._notes.read_bytes().count(b"\n") if self._notes.exists() else 0
