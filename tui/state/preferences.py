"""What the inspector remembers from one time to the next: the theme."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from engine.files import write_atomically
from engine.records.errors import UserError


class Preferences(msgspec.Struct, frozen=True):
    """Whatever is not there has not been chosen yet."""

    theme: str | None = None


def preferences_path() -> Path:
    """Where they are kept."""
    return platformdirs.user_state_path("illusion-tui") / "preferences.json"


def read_preferences() -> Preferences:
    """What is remembered; nothing where the file is missing or damaged."""
    try:
        return msgspec.json.decode(preferences_path().read_bytes(), type=Preferences)
    except (OSError, msgspec.DecodeError):
        return Preferences()


def keep_preferences(preferences: Preferences) -> None:
    """Remember; where the disk refuses, the next time is as the last one was."""
    path = preferences_path()
    with suppress(OSError, UserError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.encode(preferences))
