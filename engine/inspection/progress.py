"""Progress events, no more of them than can be seen."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.records.protocol import Event, Progress

SECONDS_APART = 0.1
"""Progress within a stage is told at most so often."""


def throttled(emit: Callable[[Event], None]) -> Callable[[Event], None]:
    """Pass on every event except progress that follows too soon on progress of the same stage."""
    stage = ""
    told = 0.0

    def pass_on(event: Event) -> None:
        nonlocal stage, told
        if isinstance(event, Progress):
            now = time.monotonic()
            soon = now - told < SECONDS_APART
            if event.stage == stage and event.done != event.total and soon:
                return
            stage, told = event.stage, now
        emit(event)

    return pass_on
