"""Bars to both sides of zero."""

from __future__ import annotations

import math

from tui.drawing.lines import Line
from tui.drawing.marks import bar


def signed_bar(value: float, scale: float, width: int) -> Line:
    """A bar of exactly `width` cells, left of the axis below zero; `scale` fills one side."""
    side = (width - 1) // 2
    share = abs(value) / scale if scale > 0 and math.isfinite(value) else 0.0
    length = bar(share, side)
    below = length[::-1].replace("╸", "╺") if value < 0 else " " * side
    above = length if value > 0 else " " * side
    return [
        (below, "wrong"),
        ("│", "dim"),
        (above, "right"),
        (" " * (width - 1 - 2 * side), ""),
    ]
