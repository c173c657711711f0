"""The lock that lets one process at a time write a run."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from engine.records.errors import UserError


class RunLock:
    """Held from construction to `release`; the system releases it when the process dies."""

    FILES = (".lock", ".owner")

    def __init__(self, directory: Path) -> None:
        """Take the lock.

        Raises:
            UserError: another process holds it, or the directory can't be written.
        """
        self._lock = FileLock(directory / self.FILES[0], timeout=0, thread_local=False)
        self._owner = directory / self.FILES[1]
        try:
            self._lock.acquire()
            self._owner.write_text(f"{os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        except Timeout:
            raise UserError(
                f"another process{self._owner_note()} is working on the run in {directory}",
                "Wait for it, stop it, or choose another directory with --out.",
                status=1,
            ) from None
        except OSError as error:
            with contextlib.suppress(OSError):
                self.release()
            raise UserError(
                f"the run in {directory} can't be locked: {error.strerror}",
                "Check that the directory may be written to, and has room.",
                status=1,
            ) from error

    def release(self) -> None:
        """Release the lock; may be called again."""
        if self._lock.is_locked:
            self._owner.unlink(missing_ok=True)
        self._lock.release()

    def _owner_note(self) -> str:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return f" (process {self._owner.read_text(encoding='utf-8')})"
        return ""
