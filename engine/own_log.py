"""Standard error of the engine's process, which is its log: one that can't be written to is no
reason to stop."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

DESCRIPTOR = 2


class _Patient(io.RawIOBase):
    """Writes to standard error; what a full disk refuses is dropped."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return DESCRIPTOR

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data)
        try:
            return os.write(DESCRIPTOR, view)
        except OSError:
            return view.nbytes


def log_to_stderr() -> None:
    """Let `sys.stderr`, and what is printed, go to standard error without ever failing."""
    stream = io.TextIOWrapper(
        io.BufferedWriter(_Patient()),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
    sys.stdout = sys.stderr = stream
