"""Where the engine keeps what it can make again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path


def cache_directory() -> Path:
    """The user's cache directory of illusion-tui; made if it is missing, where that is allowed."""
    directory = user_cache_path("illusion-tui")
    with suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
    return directory
