"""Files and directories that appear whole or not at all, and what killed processes left of them.

Whatever is still being written has a scratch path beside the one that it gets in the end. Its
process holds a lock on it, which the system releases when the process dies: so whoever writes the
same path next, or opens the directory, knows what is abandoned and removes it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from engine.records.errors import UserError

if sys.platform != "win32":
    import fcntl

SCRATCH_SUFFIX = ".part"
"""Ends the name of whatever is still being written, and of nothing else."""
SECONDS_BETWEEN_CHECKS = 0.1
STALE_SECONDS = 24 * 3600
"""Where paths can't be locked, the age from which a scratch path is taken for an abandoned one."""
NAME_CHARACTERS = 40
"""So much of a file's name is in that of its scratch path, which may have 255 bytes as well."""

_SCRATCH = re.compile(r"\..*\.[0-9a-f]{8}" + re.escape(SCRATCH_SUFFIX), re.DOTALL)
_MISNAMED = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL)
"""What is wrong with a name rather than with the disk."""


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """Yield an empty scratch file beside `path`; with what the caller writes it replaces `path`.

    After an error it is removed and `path` is as before. Several processes may write the same path
    at once: the last one wins.
    """
    with _scratch(path, _new_file) as scratch:
        yield scratch
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        scratch.replace(path)
    _sync_directory(path.parent)


@contextmanager
def directory_written_atomically(path: Path) -> Iterator[Path]:
    """Yield an empty scratch directory beside `path`, which then becomes `path`.

    `path` must be missing or an empty directory by then. After an error all is as before.
    """
    with _scratch(path, Path.mkdir) as scratch:
        yield scratch
        scratch.replace(path)
    _sync_directory(path.parent)


@contextmanager
def scratch_directory(path: Path) -> Iterator[Path]:
    """Yield an empty directory beside `path`, for what is only needed while that is made."""
    with _scratch(path, Path.mkdir) as scratch:
        yield scratch


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


def remove_abandoned(directory: Path, name: str = "") -> None:
    """Remove what dead processes left half-written in a directory; with a name, of that path."""
    beginning = f".{name[:NAME_CHARACTERS]}." if name else "."
    with suppress(OSError), os.scandir(directory) as entries:
        found = [Path(entry.path) for entry in entries if entry.name.startswith(beginning)]
        for scratch in filter(is_scratch, found):
            _remove_if_abandoned(scratch)


def is_scratch(path: Path) -> bool:
    """Whether a path is one of something that is still being written, or was abandoned so."""
    return _SCRATCH.fullmatch(path.name) is not None


@contextmanager
def _scratch(path: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    scratch, lock = _claimed(path, make)
    remove_abandoned(path.parent, path.name)
    try:
        yield scratch
    finally:
        _remove(scratch)
        if lock is not None:
            os.close(lock)


def _claimed(path: Path, make: Callable[[Path], object]) -> tuple[Path, int | None]:
    """A new scratch path, and the descriptor that holds its lock; None where there are no locks."""
    beginning = path.name[:NAME_CHARACTERS]
    while True:
        scratch = path.with_name(f".{beginning}.{secrets.token_hex(4)}{SCRATCH_SUFFIX}")
        make(scratch)
        try:
            lock = _locked(scratch)
        except (BlockingIOError, FileNotFoundError):
            # Someone took it for abandoned before it was locked, and removes it.
            continue
        except OSError:
            _remove(scratch)
            raise
        if lock is None or _is_open(scratch, lock):
            return scratch, lock
        os.close(lock)


def _new_file(path: Path) -> None:
    path.touch(exist_ok=False)


def _locked(path: Path) -> int | None:
    """Lock a file or directory until the descriptor is closed; None where there are no locks.

    Raises:
        OSError: another process holds it, or it is gone.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:
        # Some network file systems have none, or none of directories.
        os.close(descriptor)
        return None
    return descriptor


def _is_open(path: Path, descriptor: int) -> bool:
    """Whether a path is still that of an open file or directory."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_if_abandoned(scratch: Path) -> None:
    try:
        lock = _locked(scratch)
    except OSError:
        return
    if lock is not None:
        _remove(scratch)
        os.close(lock)
        return
    with suppress(OSError):
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
