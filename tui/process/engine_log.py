"""Where an engine's standard error goes, and the inspector's own tracebacks."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

import platformdirs

from engine.text import displayable

LOGS_KEPT = 20
TAIL_BYTES = 1 << 16


def new_log(kind: str = "engine") -> Path:
    """A path for a new log in the user's log directory; the oldest of the kind are removed.

    Where that directory may not be written, the path is in the one for temporary files.
    """
    folder = platformdirs.user_log_path("illusion-tui")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError
        old = sorted(folder.glob(f"{kind}-*.log"), key=lambda path: path.stat().st_mtime)
        for path in old[: 1 - LOGS_KEPT]:
            path.unlink(missing_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir())
    return folder / f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"


def append(log: Path, line: str) -> None:
    """Add something of the inspector's own; a log that can't be written is no reason to stop.

    Whoever prints the log sees what stands in it, and nothing acts.
    """
    text = "\n".join(map(displayable, line.split("\n")))
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def tail(log: Path, lines: int, *, start: int = 0) -> str:
    """The last lines of what stands after byte `start`; empty where there is no log."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(start, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def trim(log: Path, limit: int, *, start: int = 0) -> int:
    """Cut the middle out of what stands after byte `start` where that is more than `limit` bytes.

    The engine goes on appending meanwhile. Gives how many bytes were left out.
    """
    kept = limit // 4
    try:
        size = log.stat().st_size
        if size - start <= limit:
            return 0
        with log.open("r+b") as file:
            file.seek(size - kept)
            last = file.read()
            file.truncate(start + kept)
        left_out = size - start - 2 * kept
        with log.open("ab") as file:
            file.write(f"\n… {left_out} bytes were left out here …\n".encode() + last)
    except OSError:
        return 0
    return left_out
