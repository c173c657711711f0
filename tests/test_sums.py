"""Sums are the same under every Python."""

from __future__ import annotations

from engine.records.sums import added


def test_floats_are_added_one_after_the_other() -> None:
    # The built-in sum gives 1.0 from Python 3.12 on.
    assert added([0.1] * 10) == 0.9999999999999999
    assert added([]) == 0.0
