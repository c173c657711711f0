"""Files and directories that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from engine.records.errors import UserError

SCRATCH_SUFFIX = ".part"
"""Ends the name of whatever is still being written, and of nothing else."""
SECONDS_BETWEEN_CHECKS = 0.1
STALE_SECONDS = 24 * 3600
"""Age from which a scratch path is taken for one that a dead process left."""
NAME_CHARACTERS = 40
"""So much of a file's name is in that of its scratch path, which may have 255 bytes as well."""

_MISNAMED = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL)
"""What is wrong with a name rather than with the disk."""


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """Yield a scratch path beside `path`; what the caller makes there then replaces `path`.

    The scratch path doesn't exist yet, and the caller makes a file or a directory of it. After an
    error it is removed and `path` is as before. A directory replaces only an empty directory.
    Several processes may write the same path at once: the last one wins.
    """
    beginning = path.name[:NAME_CHARACTERS]
    scratch = path.with_name(f".{beginning}.{secrets.token_hex(4)}{SCRATCH_SUFFIX}")
    try:
        yield scratch
        if scratch.is_file():
            with scratch.open("rb+") as file:
                os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        _remove(scratch)
    _sync_directory(path.parent)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file's whole content.

    Raises:
        UserError: the file can't be written there.
    """
    try:
        with written_atomically(path) as scratch:
            scratch.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"{path} can't be written: {error.strerror}",
            "Check that the directory exists, may be written to, and has room.",
            status=2 if error.errno in _MISNAMED else 1,
        ) from error
    except ValueError as error:
        raise UserError(
            f"no file can be called {path.name!r}: {error}", "Choose another name."
        ) from error


@contextmanager
def held(path: Path, check: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file that is being made; wait for another process that holds it.

    `check` is called while it waits; it raises to cancel. Where the directory may not be written,
    nobody makes anything there, and nothing is held.
    """
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    while not lock.is_locked:
        check()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=SECONDS_BETWEEN_CHECKS)
        except Timeout:
            continue
        except OSError:
            break
    try:
        yield
    finally:
        lock.release()


def remove_stale_scratch(directory: Path) -> None:
    """Remove what dead processes left half-written in a directory."""
    for scratch in directory.glob(f".*{SCRATCH_SUFFIX}"):
        with suppress(FileNotFoundError):
            if time.time() - scratch.stat().st_mtime > STALE_SECONDS:
                _remove(scratch)


def _remove(scratch: Path) -> None:
    if scratch.is_dir():
        shutil.rmtree(scratch, ignore_errors=True)
    else:
        scratch.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """Put the rename itself on disk, where the system lets one open a directory."""
    if os.name == "posix":
        try:
            descriptor = os.open(directory, os.O_RDONLY)
        except PermissionError:
            # One that may be written, but not read.
            return
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
