"""How long work on models tells how far it has come, and hears that it is to stop."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[str, str, int, int | None], None]
"""Called with (stage, detail, done, total)."""

Check = Callable[[], None]
"""Raises `engine.records.errors.Cancelled` when the work is to stop."""

SECONDS_BETWEEN_CHECKS = 0.1
"""While the engine waits for others (the Hub, pip), it checks this often whether to stop."""
