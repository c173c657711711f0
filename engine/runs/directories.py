"""The directory of a run for which the user names none."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from engine.records.settings import AFTERWARDS, Settings


def default_directory(settings: Settings) -> Path:
    """A directory named after the settings and their hash: the same command finds its run again."""
    readable = "-".join((Path(settings.model).name, *settings.recipes, Path(settings.items).name))
    name = re.sub(r"[^\w.]+", "-", readable).strip("-.")[:60]
    return runs_directory() / f"{name}-{settings_hash(settings)[:8]}"


def runs_directory() -> Path:
    """The directory that holds the user's runs."""
    return user_data_path("illusion-tui", appauthor=False) / "runs"


def settings_hash(settings: Settings) -> str:
    """SHA-256 of the settings that differ from the defaults, so that a new option keeps old names.

    Settings that apply after scoring are left out: they may change on a scored run.
    """
    defaults = msgspec.structs.asdict(Settings())
    chosen = {
        name: value
        for name, value in msgspec.structs.asdict(settings).items()
        if value != defaults[name] and name not in AFTERWARDS
    }
    return hashlib.sha256(msgspec.json.encode(chosen, order="sorted")).hexdigest()
