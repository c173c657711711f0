"""Curves, and single variants, as the geometry of pictures for a template to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from engine.analysis.curves import MEASURES, Curve, axis, end_places, highest, series
from engine.analysis.proportions import Proportion
from engine.analysis.variants import VariantFigures
from engine.reports.figures import proportion_text
from engine.text import displayable, truncated


class Frame(NamedTuple):
    """Size of a picture, and where its axes are in it."""

    width: int = 380
    height: int = 260
    left: int = 46
    right: int = 318
    top: int = 10
    bottom: int = 216


FRAME = Frame()
LABEL_HEIGHT = 15
ENDS = (0.15, 0.9)
"""Where the reference and a variant stand on an axis from 0 to 1."""
LABEL_CELLS = 24
BESIDE = 3
"""Intervals stand so far beside their points, left, on and right of them, and so don't overlap."""


class Mark(NamedTuple):
    """A point with its interval, and what it says in words."""

    x: float
    y: float
    beside: float
    low: float
    high: float
    text: str


class Plotted(NamedTuple):
    """One measure: its line, its points, and where its label stands."""

    measure: str
    line: str
    marks: tuple[Mark, ...]
    label_y: float


class Tick(NamedTuple):
    """A line across the picture, and the text at its end."""

    at: float
    text: str


class Chart(NamedTuple):
    """The picture of a method or a variant; coordinates are those of an SVG of `FRAME`.

    Attributes:
        axis: what its horizontal axis is; empty where that needs no name.
        gap: outline of the area between choice and open answer; empty where one is absent.
        summary: the picture in words.
    """

    title: str
    axis: str
    plotted: tuple[Plotted, ...]
    gap: str
    across: tuple[Tick, ...]
    down: tuple[Tick, ...]
    summary: str


def charts(curves: Sequence[Curve]) -> list[Chart]:
    """A picture for each curve, all on the same axes."""
    if not curves:
        return []
    step, end = axis(highest(curves))
    down = tuple(
        Tick(_across(number * step, end), f"{100 * number * step:.0f} %")
        for number in range(round(end / step) + 1)
    )
    return [_chart(curve, "sparsity", end, _shares(), down) for curve in curves]


def changes(variants: Sequence[tuple[VariantFigures, VariantFigures]]) -> list[Chart]:
    """A picture for each variant beside the reference: what fell, and what didn't."""
    return [_change(reference, variant) for reference, variant in variants]


def _change(reference: VariantFigures, variant: VariantFigures) -> Chart:
    # The two stand where a curve has its first and its last point.
    pair = tuple(
        msgspec.structs.replace(one, achieved_sparsity=place)
        for one, place in zip((reference, variant), ENDS, strict=True)
    )
    down = tuple(
        Tick(_across(place, 1.0), truncated(displayable(one.label), LABEL_CELLS))
        for one, place in zip((reference, variant), ENDS, strict=True)
    )
    title = f"{reference.label} → {variant.label}"
    return _chart(Curve(title, pair), "", 1.0, _shares(), down)


def _shares() -> tuple[Tick, ...]:
    return tuple(Tick(_up(share), f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1))


def _chart(
    curve: Curve, axis_title: str, end: float, across: tuple[Tick, ...], down: tuple[Tick, ...]
) -> Chart:
    found = {measure: points for measure in MEASURES if (points := series(curve, measure))}
    ends = [points[-1][1] for points in found.values()]
    places = end_places(ends, LABEL_HEIGHT / (FRAME.bottom - FRAME.top))
    plotted = tuple(
        Plotted(
            measure=measure,
            line=_line(points, end),
            marks=_marks(curve, measure, end),
            label_y=round(_up(place), 1),
        )
        for (measure, points), place in zip(found.items(), places, strict=True)
    )
    gap = ""
    if "choice" in found and "open" in found:
        gap = f"{_line(found['choice'], end)} {_line(found['open'][::-1], end)}"
    words = "; ".join(mark.text for drawn in plotted for mark in drawn.marks)
    return Chart(curve.method, axis_title, plotted, gap, across, down, words)


def _marks(curve: Curve, measure: str, end: float) -> tuple[Mark, ...]:
    marks = []
    for point in curve.points:
        proportion: Proportion | None = getattr(point, measure)
        if proportion is not None and point.achieved_sparsity is not None:
            x = _across(point.achieved_sparsity, end)
            marks.append(
                Mark(
                    x=x,
                    y=_up(proportion.share),
                    beside=x + BESIDE * (MEASURES.index(measure) - 1),
                    low=_up(proportion.low),
                    high=_up(proportion.high),
                    text=f"{point.label}, {measure}: {proportion_text(proportion)}",
                )
            )
    return tuple(marks)


def _line(points: Sequence[tuple[float, float]], end: float) -> str:
    return " ".join(f"{_across(sparsity, end)},{_up(share)}" for sparsity, share in points)


def _across(sparsity: float, end: float) -> float:
    return round(FRAME.left + (FRAME.right - FRAME.left) * sparsity / end, 1)


def _up(share: float) -> float:
    return round(FRAME.bottom - (FRAME.bottom - FRAME.top) * share, 1)
