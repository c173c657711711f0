"""What an engine is waited for, how long, and how much of what it says is taken."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.records.framing import LONGEST_LINE
from engine.records.protocol import Event, Progress

STAGE = "engine"
"""The stage of the progress that tells of waiting."""
LOOK_SECONDS = 1.0
STRAYS_TOLD = 10
LINE_COST = 64


@dataclass(frozen=True)
class Patience:
    """How long an engine is waited for, and how much of what it says is taken.

    Attributes:
        ready_seconds: from its start to its first event. Generous: Python from a network drive, a
            connection over several hosts.
        told_seconds: after which the waiting is told.
        silent_beats: of an engine that promised signs of life, so many may be missing.
        line_bytes: of one event.
        stray_bytes: on its output of what is no event, such as a login banner.
        log_bytes: of its log; beyond them the middle is left out.
    """

    ready_seconds: float = 300.0
    told_seconds: float = 10.0
    silent_beats: int = 18
    line_bytes: int = LONGEST_LINE
    stray_bytes: int = 1 << 20
    log_bytes: int = 16 << 20


@dataclass(frozen=True)
class GivenUp:
    """Why an engine is not waited for any longer, after "the engine …", and what to do."""

    what: str
    hint: str


class Watch:
    """Counts how long an engine has been silent, and how much it has said that is no event.

    Time in which this process was stopped, or had other things to do, doesn't count: what the
    engine said meanwhile may still lie in the pipe.

    Args:
        command: that started the engine; None for the engine of this installation, whose process
            ends where it ends: signs of life are asked only of what lies behind a command.
        patience: the limits.
    """

    def __init__(self, command: Sequence[str] | None, patience: Patience) -> None:
        self._command = command
        self._patience = patience
        self._ready = False
        self._alive_seconds: float | None = None
        self._looked = time.monotonic()
        self._waited = self._silent = 0.0
        self._told = 0
        self._stray = self._strays = 0

    def ready(self, alive_seconds: float | None) -> Event | None:
        """The engine is there; gives what to tell where waiting was told."""
        self._ready = True
        self._alive_seconds = alive_seconds
        if not self._told:
            return None
        return _progress("it answers, and loads its libraries", self._told)

    def look(self, *, heard: bool) -> Event | GivenUp | None:
        """Time has passed, and something was heard or not: what is to be told or done."""
        now = time.monotonic()
        passed = min(now - self._looked, 2 * LOOK_SECONDS)
        self._looked = now
        self._silent = 0.0 if heard else self._silent + passed
        if self._ready:
            return self._listen()
        self._waited += passed
        return self._await()

    def stray(self, size: int) -> GivenUp | None:
        """A line of so many bytes came that is no event."""
        self._strays += 1
        # Each costs a line of the log.
        self._stray += size + LINE_COST
        if self._stray <= self._patience.stray_bytes:
            return None
        return GivenUp(
            f"wrote {_size(self._patience.stray_bytes)} to its output that are no events",
            f"{self._look_at_it()} Only the protocol may stand on its output.",
        )

    @property
    def tells_strays(self) -> bool:
        """Whether the last line that is no event is worth telling; the log has them all."""
        return self._ready and self._strays <= STRAYS_TOLD

    def overlong(self) -> GivenUp:
        """A line came that is longer than an event can be."""
        return GivenUp(
            f"sent a line of more than {_size(self._patience.line_bytes)}", self._look_at_it()
        )

    def logged(self, size: int) -> GivenUp | None:
        """The log is beyond its limit by so many bytes."""
        if self._ready:
            return None
        return GivenUp(
            f"wrote {_size(self._patience.log_bytes + size)} to its standard error and was not "
            "ready yet",
            self._look_at_it(),
        )

    def _await(self) -> Event | GivenUp | None:
        limit = self._patience.ready_seconds
        if self._waited >= limit:
            return GivenUp(
                f"was not ready after {_duration(limit)}: its first event, EngineReady, never came",
                self._look_at_it(),
            )
        seconds = int(self._waited)
        if self._waited < self._patience.told_seconds or seconds == self._told:
            return None
        self._told = seconds
        return _progress(f"no answer for {seconds} s", seconds)

    def _listen(self) -> GivenUp | None:
        if self._command is None or self._alive_seconds is None:
            return None
        limit = self._patience.silent_beats * self._alive_seconds
        if self._silent < limit:
            return None
        return GivenUp(
            f"gave no sign of life for {_duration(limit)}",
            "The connection to it was cut, or its machine stands still.",
        )

    def _look_at_it(self) -> str:
        if self._command is None:
            return "Run illusion-tui doctor."
        return (
            f"Run this in a shell, it must begin with a line of JSON: {' '.join(self._command)}\n"
            "It can't ask for a password there, nor wait in a queue."
        )


def _progress(detail: str, seconds: int) -> Progress:
    return Progress(stage=STAGE, detail=detail, done=seconds, total=None)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:g} minutes" if minutes > 1 and not rest else f"{seconds:g} seconds"


def _size(size: int) -> str:
    return f"{size / (1 << 20):.3g} MB"
