"""How long work tells what it is doing, and learns that it is to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _untold(detail: str, done: int, total: int) -> None:
    """Progress that nobody follows."""


def _uninterrupted() -> None:
    """Work that nobody stops."""


@dataclass(frozen=True)
class Reporter:
    """Both ways between long work and who waits for it.

    Attributes:
        progress: takes what is under way, steps done, and steps in all.
        check: called between steps; raises `engine.records.errors.Cancelled` to stop the work.
        pause: called where the model has its own weights and is in nobody's hands: it may be used
            for something else, and is given back as it was.
    """

    progress: Callable[[str, int, int], None] = _untold
    check: Callable[[], None] = _uninterrupted
    pause: Callable[[], None] = _uninterrupted
