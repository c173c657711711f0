"""A full disk at every kind of write."""

from __future__ import annotations

import functools
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from engine.records.errors import UserError
from tests.harness.faulting.fault import Fault, check_error, check_nothing_half
from tests.harness.faulting.home import own_home
from tests.harness.faulting.other_writes import OTHER_WRITES
from tests.harness.faulting.room import SmallDisk, any_room, short_files, small_disk
from tests.harness.faulting.writes import RUN_WRITES, Write

TIMES = 40
WRITES = (*RUN_WRITES, *OTHER_WRITES)
LEAVE = 64 << 10
"""At most so many bytes are left on the small disk."""


@functools.cache
def _undisturbed(write: Write) -> tuple[Any, Any, int]:
    """What stands there before and after, and the bytes of the largest file."""
    directory = Path(tempfile.mkdtemp(prefix="fault-"))
    try:
        with own_home(directory):
            write.prepare(directory)
            before = write.read(directory)
            write.write(directory)
            whole = write.read(directory)
        sizes = [path.stat().st_size for path in directory.rglob("*") if path.is_file()]
    finally:
        shutil.rmtree(directory)
    return before, whole, max(sizes)


def _try(write: Write, directory: Path, full: AbstractContextManager[None]) -> None:
    """Write something to a disk that is full meanwhile, then again."""
    before, whole, _ = _undisturbed(write)
    with full:
        failed = False
        try:
            write.write(directory)
        except UserError as error:
            check_error(error)
            failed = True
    found = write.read(directory)
    if failed:
        assert write.tells, "it is no reason to disturb anyone"
        assert found in (before, whole), f"half of it: {found!r}"
    else:
        assert found == whole or (not write.tells and found == before), f"unsaid: {found!r}"
    check_nothing_half(directory)
    write.write(directory)
    assert write.read(directory) == whole, "with room again, it is another one"


def _with_short_files(write: Write) -> Fault:
    def attempt(directory: Path, rng: random.Random) -> None:
        most = any_room(rng, _undisturbed(write)[2])
        with own_home(directory):
            write.prepare(directory)
            _try(write, directory, short_files(most))

    return Fault("disk full", write.name, attempt, TIMES)


def _on_small_disk(write: Write) -> Fault:
    def attempt(directory: Path, rng: random.Random) -> None:
        with small_disk(directory / "disk") as disk, own_home(disk.directory):
            write.prepare(disk.directory)
            _try(write, disk.directory, _filled(disk, any_room(rng, LEAVE)))

    return Fault("small disk", write.name, attempt, TIMES // 4, short=write.name == "the log")


@contextmanager
def _filled(disk: SmallDisk, leave: int) -> Iterator[None]:
    disk.leave(leave)
    try:
        yield
    finally:
        disk.make_room()


FAULTS = (*map(_with_short_files, WRITES), *map(_on_small_disk, WRITES))
