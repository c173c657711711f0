"""A plot in characters: shapes tell series apart, colour only helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.text import fit
from tui.drawing.lines import Line

LABEL = 8
"""Cells of the numbers at the left edge."""


@dataclass(frozen=True)
class Series:
    """Points (x, y) with the mark and the paint that they are drawn with."""

    mark: str
    paint: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Frame:
    """What a plot shows: the x axis from `left` to `right`, the y axis from `low` to `high`.

    Attributes:
        ticks: what is written below certain x.
        rows: what is written at the left of certain y.
        rules: x of vertical lines.
    """

    left: float
    right: float
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    rows: Sequence[tuple[float, str]]
    rules: Sequence[float] = ()


def plot_lines(series: Sequence[Series], frame: Frame, width: int, height: int) -> list[Line]:
    """The points of all series; where two fall on one cell it shows ◉."""
    room = max(width - LABEL - 2, 10)
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for x in frame.rules:
        for y in range(height):
            cells[y, _place(x, frame.left, frame.right, room)] = ("┊", "dim")
    for one in series:
        for x, value in one.points:
            at = (
                height - 1 - _place(value, frame.low, frame.high, height),
                _place(x, frame.left, frame.right, room),
            )
            taken = cells.get(at, ("", ""))[0]
            both = taken not in ("", "┊", one.mark)
            cells[at] = ("◉" if both else one.mark, "strong" if both else one.paint)
    named = {
        height - 1 - _place(value, frame.low, frame.high, height): text
        for value, text in frame.rows
    }
    lines: list[Line] = []
    for y in range(height):
        line: Line = [(fit(named.get(y, ""), LABEL, align="right"), "dim"), (" │", "dim")]
        for x in range(room):
            text, paint = cells.get((y, x), (" ", ""))
            if len(line) > 2 and line[-1][1] == paint:
                line[-1] = (line[-1][0] + text, paint)
            else:
                line.append((text, paint))
        lines.append(line)
    axis = ""
    for x, text in frame.ticks:
        place = _place(x, frame.left, frame.right, room)
        if place >= len(axis) + bool(axis) and place + len(text) <= room + 1:
            axis = axis.ljust(place) + text
    lines.append([(" " * LABEL + " └" + "─" * room, "dim")])
    lines.append([(" " * (LABEL + 2) + axis, "dim")])
    return lines


def _place(value: float, low: float, high: float, room: int) -> int:
    if high <= low:
        return 0
    return max(0, min(room - 1, round((value - low) / (high - low) * (room - 1))))
