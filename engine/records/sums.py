"""Sums of floats that every Python computes alike."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable


def added(values: Iterable[float]) -> float:
    """The sum of floats, added one after the other.

    From Python 3.12 on the built-in `sum` compensates for rounding. A run that is scored, resumed
    or exported under another Python has to come out the same to the last bit.
    """
    return functools.reduce(operator.add, values, 0.0)
