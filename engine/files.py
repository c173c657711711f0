"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from engine.records.errors import UserError


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside `path`, to disk, then rename over it.

    Raises:
        UserError: the file can't be written there.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(
            f"{path} can't be written: {error.strerror}",
            "Check that the directory exists, may be written to, and has room.",
            status=1,
        ) from error
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Put the rename itself on disk, where the system lets one open a directory."""
    if os.name == "posix":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
