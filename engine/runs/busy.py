"""Whether a process is writing a run, found out without getting in its way."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from engine.records.errors import UserError
from engine.runs.lock import RunLock
from engine.runs.reading import part_directories


def being_written(directory: Path) -> bool:
    """Whether a process holds the lock of the run, or of one of its parts."""
    return any(_held(one) for one in (directory, *part_directories(directory)))


def refuse_busy(directory: Path) -> None:
    """Refuse a run that is being written; raises `UserError`."""
    if being_written(directory):
        raise UserError(
            f"the run '{directory.name}' is being written just now",
            "Wait for the process that writes it, or stop it first.",
            status=1,
        )


def _held(directory: Path) -> bool:
    lock, owner = (directory / name for name in RunLock.FILES)
    # Who holds the lock leaves a note, so that the lock of a run at rest is never touched here.
    if not owner.exists():
        return False
    probe = FileLock(lock, timeout=0, thread_local=False)
    try:
        probe.acquire()
    except Timeout:
        return True
    except OSError:
        return False
    probe.release()
    return False
