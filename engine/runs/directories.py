"""Where a run is kept when the user names no directory."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from engine.records.settings import AFTERWARDS, Settings


def default_directory(settings: Settings) -> Path:
    """A readable name, and the settings' hash, so that the same command finds its run again."""
    readable = "-".join((Path(settings.model).name, *settings.recipes, Path(settings.items).name))
    name = re.sub(r"[^\w.]+", "-", readable).strip("-.")[:60]
    return runs_directory() / f"{name}-{settings_hash(settings)[:8]}"


def runs_directory() -> Path:
    """The user's directory of runs."""
    return user_data_path("illusion-tui", appauthor=False) / "runs"


def settings_hash(settings: Settings) -> str:
    """SHA-256 of what differs from the defaults, so that a new option keeps old names.

    What comes after scoring is left out: asked for later, it finds the run that is there.
    """
    defaults = msgspec.structs.asdict(Settings())
    chosen = {
        name: value
        for name, value in msgspec.structs.asdict(settings).items()
        if value != defaults[name] and name not in AFTERWARDS
    }
    return hashlib.sha256(msgspec.json.encode(chosen, order="sorted")).hexdigest()
