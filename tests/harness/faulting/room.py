"""Disks without room, real ones: a small file system, or files that may not grow."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.faulting.fault import Unavailable

MOUNT_BYTES = 4 << 20
FILLER = ".filler"


@contextmanager
def short_files(most: int) -> Iterator[None]:
    """No file that this process writes grows beyond so many bytes meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class SmallDisk:
    """A file system in memory; `directory` is where it is mounted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._filler = directory / FILLER

    def leave(self, most: int) -> None:
        """Fill it up, but for so many bytes, or the next whole pages."""
        with self._filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
        os.truncate(self._filler, max(0, self._filler.stat().st_size - most))

    def make_room(self) -> None:
        """Take away what fills it."""
        self._filler.unlink()


@contextmanager
def small_disk(directory: Path) -> Iterator[SmallDisk]:
    """Mount one.

    Raises:
        Unavailable: that isn't allowed here.
    """
    directory.mkdir(exist_ok=True)
    options = f"size={MOUNT_BYTES},mode=755"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        raise Unavailable("no file system can be mounted here")
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def any_room(rng: random.Random, most: int) -> int:
    """A number of bytes that may not suffice for `most`: often none, often nearly enough."""
    match rng.randrange(4):
        case 0:
            return 0
        case 1:
            return max(0, most - rng.randrange(1, 64))
        case _:
            return rng.randrange(most + 1)
