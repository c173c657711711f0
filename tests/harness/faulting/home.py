"""A home for what is tried in this process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = {
    "XDG_STATE_HOME": "state",
    "XDG_DATA_HOME": "data",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "TMPDIR": "tmp",
}


@contextmanager
def own_home(directory: Path) -> Iterator[None]:
    """All that this process keeps for its user is below a directory meanwhile."""
    before = {name: os.environ.get(name) for name in PLACES}
    for name, place in PLACES.items():
        (directory / place).mkdir(exist_ok=True)
        os.environ[name] = str(directory / place)
    tempfile.tempdir = None
    try:
        yield
    finally:
        tempfile.tempdir = None
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
