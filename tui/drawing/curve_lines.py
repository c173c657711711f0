"""Accuracies over sparsity, as a plot in characters for every method."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.analysis.curves import MEASURES, Curve, axis, end_places, highest, series
from engine.text import displayable, fit
from tui.drawing.lines import Line, columns, wrap
from tui.drawing.plots import FIRST_COLOR, painted

PAINTS = ("right", "dim", "recognition-only")
"""Of the measures. Their points are the measures' initials, and so tell them apart as well."""

HEIGHT = 16
ROWS = HEIGHT - 3
"""Lines between the frame's."""

NARROWEST, WIDEST = 36, 58
GAP = 2
TICK_CELLS = 6
LABEL_CELLS = 9
"""Room for labels on the right, the space before them included."""

FRAME_CELLS = 7
"""What is left and right of the plot itself."""


def curve_lines(drawn: Sequence[Curve], width: int) -> list[Line]:
    """Choice, shown and open accuracy over sparsity, a plot for each method on the same axes."""
    if not drawn or width < NARROWEST:
        return []
    beside = max(1, min((width + GAP) // (NARROWEST + GAP), len(drawn)))
    room = min((width - GAP * (beside - 1)) // beside, WIDEST)
    blocks = [_plot(curve, highest(drawn), room) for curve in drawn]
    lines: list[Line] = [[("Accuracy over sparsity", "heading")]]
    for start in range(0, len(blocks), beside):
        row = blocks[start : start + beside]
        lines += columns(row, (room,) * len(row), GAP)
    names = ", ".join(f"{measure[0]} {measure}" for measure in MEASURES)
    note = f"{names}; what lies between choice and open is the illusion"
    return lines + wrap([(note, "dim")], width)


def _plot(curve: Curve, most: float, width: int) -> list[Line]:
    # Loading plotext takes a third of a second, which only who looks at a plot should pay for.
    from textual_plotext import Plot

    step, end = axis(most)
    cells = width - FRAME_CELLS - LABEL_CELLS
    plot = Plot()
    plot.theme("clear")
    plot.plotsize(width, HEIGHT)
    plot.xlim(0, end * (cells + LABEL_CELLS) / cells)
    plot.ylim(0, 1)
    every = step if cells * step / end >= TICK_CELLS else 2 * step
    sparsities = [number * every for number in range(math.floor(end / every + 0.01) + 1)]
    plot.xticks(sparsities, [f"{100 * sparsity:.0f} %" for sparsity in sparsities])
    shares = [0, 0.25, 0.5, 0.75, 1]
    plot.yticks(shares, [f"{100 * share:.0f} %" for share in shares])
    found = {measure: points for measure in MEASURES if (points := series(curve, measure))}
    colors = {measure: FIRST_COLOR + number for number, measure in enumerate(MEASURES)}
    for measure, points in found.items():
        plot.plot(*zip(*points, strict=True), marker="braille", color=colors[measure])
    for measure, points in found.items():
        plot.scatter(*zip(*points, strict=True), marker=measure[0], color=colors[measure])
    ends = end_places([points[-1][1] for points in found.values()], 1 / (ROWS - 1))
    for (measure, points), place in zip(found.items(), ends, strict=True):
        at = points[-1][0] + 2 * end / cells
        plot.text(measure, at, place, color=colors[measure], alignment="left")
    name: Line = [(fit(displayable(curve.method), width), "strong")]
    return [name, *painted(plot.build(), PAINTS)]
