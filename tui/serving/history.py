"""What was told of a run so far, for a browser that comes later."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.records.protocol import (
    Failed,
    ItemScored,
    Progress,
    RunFinished,
    RunOpened,
)
from tui.serving.passing import Passed, read_passed

READ_BYTES = 1 << 20
_ENDS_A_STAGE = frozenset({RunOpened.__name__, ItemScored.__name__, RunFinished.__name__})


class History:
    """Keeps events, in a file: a run may be larger than memory should hold.

    Of progress only the last is kept, until what it leads to is there.

    Args:
        place: directory for the file, which has no name there.

    Attributes:
        failed: the run could not be opened, or not be scored to its end.
        progress: how far what is under way has come.
    """

    def __init__(self, place: Path) -> None:
        self.failed = False
        self._file = tempfile.TemporaryFile(dir=place)  # noqa: SIM115  # closed by `close`
        self.progress: Passed | None = None
        self._scored = 0

    def add(self, event: Passed, own: str) -> None:
        """Keep an event; one that answers the request `own` opened the run, or failed to."""
        if event.kind == Progress.__name__:
            self.progress = event
            return
        if event.kind in _ENDS_A_STAGE:
            self.progress = None
        self._scored += event.kind == ItemScored.__name__
        self.failed |= event.kind == Failed.__name__ and event.id == own
        self._file.seek(0, 2)
        self._file.write(event.line(event.id))

    def told(self, place: int) -> tuple[list[Passed], int]:
        """Events from a place in the history on, some at a time, and the place behind them; none
        where there are no more."""
        self._file.seek(place)
        lines = self._file.readlines(READ_BYTES)
        events = filter(None, map(read_passed, lines))
        return [self._as_of_now(event) for event in events], self._file.tell()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _as_of_now(self, event: Passed) -> Passed:
        """An event as it would be told now: items that are scored by now were before."""
        if event.kind != RunOpened.__name__:
            return event
        return event.replaced(done=max(event.number("done"), self._scored))
