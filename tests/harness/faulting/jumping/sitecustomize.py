"""Python imports this by itself where its directory is on the path: a wall clock that jumps.

`CLOCK_JUMPS` is a list of "SECONDS:AHEAD": so many seconds after the start of the process its wall
clock is so far ahead (behind, where that is negative) of the machine's. The monotonic clock, and
the times of files, are the machine's.
"""

from __future__ import annotations

import datetime
import os
import time
from typing import Any

_JUMPS = [jump.split(":") for jump in os.environ.get("CLOCK_JUMPS", "").split(",") if jump]
_BEGAN = time.monotonic()
_TIME, _TIME_NS, _STRFTIME = time.time, time.time_ns, time.strftime
_DATETIME = datetime.datetime


def _ahead() -> float:
    passed = time.monotonic() - _BEGAN
    return next((float(ahead) for after, ahead in reversed(_JUMPS) if passed >= float(after)), 0.0)


def _now() -> float:
    return _TIME() + _ahead()


def _at(convert: Any) -> Any:
    """A function of time's that takes now where it is given no time."""
    return lambda seconds=None: convert(_now() if seconds is None else seconds)


class _Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return _DATETIME.fromtimestamp(_now(), tz)


def _jump() -> None:
    here: Any = time
    here.time = _now
    here.time_ns = lambda: _TIME_NS() + int(_ahead() * 1e9)
    for name in ("localtime", "gmtime", "ctime"):
        setattr(here, name, _at(getattr(time, name)))
    here.strftime = lambda form, at=None: _STRFTIME(form, time.localtime() if at is None else at)
    there: Any = datetime
    there.datetime = _Jumping


if _JUMPS:
    _jump()
