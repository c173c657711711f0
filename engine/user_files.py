"""Files that a user names, whatever the name is and whatever stands there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def from_user(text: str) -> Path:
    """The path that a user wrote, "~" for a home directory; that of nobody stays as it is."""
    path = Path(text)
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):
        return path


def is_there(path: Path) -> bool:
    """Whether something has this name; nothing has one that is too long, or no name at all."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def has_file(path: Path) -> bool:
    """Whether a file has this name, as `is_there`."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_file(path: Path) -> bytes:
    """The content of a file.

    Pipes, sockets and devices are refused: some never end, and some wait for whoever writes.

    Raises:
        OSError: it can't be read, and why, also where no file can have such a name.
    """
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or path.samefile(os.devnull)):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
        return path.read_bytes()
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error)) from error
