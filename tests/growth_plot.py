"""Draws what `tests.bench_growth` measured.

    python -m tests.growth_plot FIGURES.json PICTURE.svg

On the left the time over the number of items with two variants, on the right over the number of
variants with 100 items. The dashed line is in proportion to the last point.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import msgspec

from tests.bench_figures import Figure

WIDTH, HEIGHT, LEFT, TOP, ROOM, GAP = 720, 250, 60, 34, 250, 110
_NAME = re.compile(r"(?P<items>\d+) items, (?P<variants>\d+) variants, s")

Points = dict[int, float]


def main() -> None:
    """Read the figures, write the picture."""
    source, target = map(Path, sys.argv[1:])
    figures = msgspec.json.decode(source.read_bytes(), type=dict[str, Figure])
    found = {
        (int(name["items"]), int(name["variants"])): one.median
        for text, one in figures.items()
        if (name := _NAME.fullmatch(text))
    }
    by_items = {items: time for (items, variants), time in sorted(found.items()) if variants == 2}
    by_variants = {
        variants: time for (items, variants), time in sorted(found.items()) if items == 100
    }
    target.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        + _panel(LEFT, "items, two variants", by_items)
        + _panel(LEFT + ROOM + GAP, "variants, 100 items", by_variants)
        + "</svg>\n",
        encoding="utf-8",
    )


def _panel(left: int, title: str, points: Points) -> str:
    """Both axes by powers: equal steps are equal ratios."""
    bottom = TOP + 160
    low, high = min(points), max(points)
    least = min(points.values()) / 1.5
    most = max(points.values()) * 1.5

    def across(count: float) -> float:
        return left + ROOM * math.log(count / low) / math.log(high / low)

    def up(seconds: float) -> float:
        return bottom - 160 * math.log(seconds / least) / math.log(most / least)

    each = points[high] / high
    begin = max(low, least / each)
    ends = ((begin, each * begin), (high, points[high]))
    dashed = " ".join(f"{across(count):.1f},{up(time):.1f}" for count, time in ends)
    line = " ".join(f"{across(count):.1f},{up(time):.1f}" for count, time in points.items())
    marks = "".join(
        f'<circle cx="{across(count):.1f}" cy="{up(time):.1f}" r="4" fill="#2b62b0"/>'
        f'<text x="{across(count):.1f}" y="{up(time) - 9:.1f}" text-anchor="middle" '
        f'fill="#1d2129">{time:.3g} s</text>'
        f'<text x="{across(count):.1f}" y="{bottom + 18}" text-anchor="middle" '
        f'fill="#5a6478">{count:,}</text>'
        for count, time in points.items()
    )
    return (
        f'<path d="M{left} {TOP - 6}V{bottom}H{left + ROOM + 14}" fill="none" stroke="#5a6478"/>'
        f'<polyline points="{dashed}" fill="none" stroke="#5a6478" stroke-dasharray="4 4"/>'
        f'<polyline points="{line}" fill="none" stroke="#2b62b0" stroke-width="2"/>{marks}'
        f'<text x="{left + ROOM // 2}" y="{bottom + 40}" text-anchor="middle" '
        f'fill="#1d2129">{title}</text>'
    )


if __name__ == "__main__":
    main()
