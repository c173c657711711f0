"""Whose paths are meant: a word on what an engine behind a command can't find."""

from __future__ import annotations

import msgspec

from engine.records.protocol import Failed, Message, OpenRun, Prune, StartRun

PATHS_THERE = (
    "Paths are those of the engine's machine; only a file of items is looked for on this one first."
)
CHECKPOINT = "checkpoint:"


def named_paths(request: Message) -> tuple[str, ...]:
    """The texts in a request that may be paths."""
    named: list[str | None] = []
    if isinstance(request, StartRun | OpenRun | Prune):
        named.append(request.directory)
    if isinstance(request, StartRun | Prune):
        settings = request.settings
        named += [settings.model, settings.items, settings.calibration]
        named += [
            recipe.removeprefix(CHECKPOINT)
            for recipe in settings.variants
            if recipe.startswith(CHECKPOINT)
        ]
    return tuple(text for text in named if text and ("/" in text or "." in text))


def placed(failed: Failed, paths: tuple[str, ...]) -> Failed:
    """A failure; where it is about one of the paths that were named, with a word on them."""
    if not any(path in failed.message for path in paths):
        return failed
    return msgspec.structs.replace(failed, hint=f"{failed.hint}\n{PATHS_THERE}".strip())
