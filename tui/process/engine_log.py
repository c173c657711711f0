"""Where an engine's standard error goes."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

import platformdirs

LOGS_KEPT = 20
TAIL_BYTES = 1 << 16


def new_log() -> Path:
    """A path for a new log in the user's log directory; the oldest logs are removed."""
    folder = platformdirs.user_log_path("illusion-tui")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        old = sorted(folder.glob("engine-*.log"), key=lambda path: path.stat().st_mtime)
        for path in old[: 1 - LOGS_KEPT]:
            path.unlink(missing_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir())
    return folder / f"engine-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"


def append(log: Path, line: str) -> None:
    """Add a line of the inspector's own; a log that can't be written is no reason to stop."""
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


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
