"""Plots in characters, as plotext builds them, with paints for their colours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui.drawing.lines import Line

FIRST_COLOR = 201
"""Colours of a plot from here on stand for paints."""

_CODE = re.compile(r"\x1b\[([0-9;]*)m")


def painted(built: str, paints: Sequence[str]) -> list[Line]:
    """The lines of a plot; colour `FIRST_COLOR` + n is the n-th paint, all else is dim."""
    return [_painted(line, paints) for line in built.splitlines() if line.strip()]


def _painted(text: str, paints: Sequence[str]) -> Line:
    line: Line = []
    paint = "dim"
    for number, part in enumerate(_CODE.split(text)):
        if number % 2 == 0:
            if part:
                line.append((part, paint))
        elif part.startswith("38;5;"):
            paint = paints[int(part[5:]) - FIRST_COLOR]
        else:
            paint = "dim"
    return line
