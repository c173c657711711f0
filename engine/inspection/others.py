"""What the other processes of a run do, for one that shares its work with them.

Work is shared by whole batches, the unit of equal rounding. Each process begins with the batches
that fall to it by name, and then does what nobody has done yet, from the end backwards: so the fast
ones help the slow ones, and the batches of a process that is gone are done by those that are left.
Two processes may come to do the same batch at the very end: both would find the same, and the
slower one stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from engine.files import SECONDS_BETWEEN_CHECKS
from engine.records.protocol import DecodeFinished, Event, ItemScored, ProbeFinished
from engine.records.share import Share
from engine.runs.log import RunLog
from engine.runs.parts import GrowingLog, merged_manifest
from engine.runs.reading import (
    LOG,
    PARTS,
    Probed,
    Redecoded,
    Scored,
    part_directories,
    read_manifest,
)

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_TO_SETTLE = 5.0
"""So long process 0 waits at the end for the others to let go of their parts."""

T = TypeVar("T")


class Overtaken(Exception):
    """The others have done the work at hand; there is nothing to keep."""


class Others:
    """The other processes that work on a run.

    Args:
        directory: of the run.
        log: what this process writes: the run's own log, or a part's.
        share: of this process.
        emit: told what the others have done.
    """

    def __init__(
        self, directory: Path, log: RunLog, share: Share, emit: Callable[[Event], None]
    ) -> None:
        self._directory = directory
        self._log = log
        self._share = share
        self._emit = emit
        self._logs: dict[Path, GrowingLog] = {}
        self._looked = time.monotonic()

    def in_turn(
        self, plan: Callable[[], Iterable[T]], name: Callable[[T], str], undone: Callable[[T], bool]
    ) -> Iterator[T]:
        """The work that is this process's to do, piece by piece.

        Args:
            plan: gives all work that is not done yet, in order.
            name: of a piece of work, the same in every process.
            undone: whether there is still something to do of a piece.
        """
        for piece in plan():
            self.take_in()
            if self._share.has(name(piece)) and undone(piece):
                yield piece
        self.take_in()
        for piece in reversed(list(plan())):
            self.take_in()
            if undone(piece):
                yield piece

    def take_in(self) -> None:
        """Take note of what the others have done.

        Raises:
            UserError: one of them works under other conditions, or its log is damaged.
        """
        for directory in (self._directory, *part_directories(self._directory)):
            if directory == self._log.directory or not (directory / LOG).exists():
                continue
            log = self._logs.setdefault(directory, GrowingLog(directory / LOG))
            records = log.news()
            if records and directory.exists():
                merged_manifest(self._log.manifest, read_manifest(directory), directory)
            for record in filter(self._log.adopt, records):
                match record:
                    case Scored(scored=scored):
                        self._emit(ItemScored(scored=scored))
                    case Redecoded(redecode=redecode):
                        self._emit(DecodeFinished(redecode=redecode))
                    case Probed(finding=finding):
                        self._emit(ProbeFinished(finding=finding))

    def overtook(self, undone: Callable[[], bool]) -> bool:
        """Whether the others have done what this process is doing; looks every second at most."""
        now = time.monotonic()
        if self._share.processes == 1 or now - self._looked < SECONDS_BETWEEN_LOOKS:
            return False
        self.take_in()
        self._looked = now
        return not undone()

    def settle(self, check: Callable[[], None]) -> None:
        """Take the others' parts over as they let go of them, if this process answers for the run.

        One that doesn't let go in time keeps its part, which is read with the run.
        """
        if self._share.rank != 0:
            return
        until = time.monotonic() + SECONDS_TO_SETTLE
        while part_directories(self._directory) and time.monotonic() < until:
            check()
            time.sleep(SECONDS_BETWEEN_CHECKS)
            self._log.take_over_parts()
        with suppress(OSError):
            # Not while there is a part in it.
            (self._directory / PARTS).rmdir()
