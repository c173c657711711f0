"""Slider: the gold's rank over sparsity, and the likeliest tokens at one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from engine.analysis.metrics.gold import rank_text
from engine.records.instruments.slider import MOST, SliderFinding, SliderPoint
from engine.text import fit, isolated, token_text, truncated
from tui.drawing.lines import Line, wrap
from tui.drawing.marks import bar, percent_text, track
from tui.drawing.probes.labels import Labels
from tui.drawing.probes.plot import Frame, Series, plot_lines

HEIGHT = 9
NOTE = (
    "masks are Wanda's by the dense model's activations in every block; a variant of the run sees "
    "those of pruned blocks, so its figure differs"
)


class OwnPoint(NamedTuple):
    """The gold's first token in the run's own variant."""

    percent: int
    rank: int
    probability: float


def slider_lines(finding: SliderFinding, labels: Labels, width: int) -> list[Line]:
    """A curve, and the tokens at its last point."""
    return [
        *wrap([(finding.sentence, "strong")], width),
        *curve_lines(finding.points, None, None, finding.token, width),
        *token_lines(finding.points[-1], finding.token, width),
    ]


def slide_lines(percent: int, width: int) -> list[Line]:
    """Where the slider stands."""
    room = max(min(width - 24, 60), 10)
    label = f"sparsity {percent:>2} %  "
    return [[(label, "strong"), *track(percent / MOST, room), ("  ← →", "key")]]


def curve_lines(
    points: Sequence[SliderPoint],
    percent: int | None,
    own: OwnPoint | None,
    token: str,
    width: int,
) -> list[Line]:
    """Rank over sparsity on a logarithmic axis, a rule at `percent`."""
    lines = [[(f"rank of {token_text(token)} over sparsity", "heading")]]
    ranks = [point.rank for point in points] + ([own.rank] if own else [])
    worst = max(ranks, default=1)
    top = max(math.log10(max(worst, 10)), 1.0)
    frame = Frame(
        left=0,
        right=MOST,
        low=-top,
        high=0,
        ticks=[(tick, f"{tick} %") for tick in range(0, MOST + 1, 10)],
        rows=[(-power, f"{10**power:,}") for power in range(math.ceil(top) + 1) if power <= top],
        rules=[] if percent is None else [percent],
    )
    curve = [(point.percent, -math.log10(max(point.rank, 1))) for point in points]
    series = [Series("●", "bar", curve)]
    if own is not None:
        series.append(Series("◆", "gold", [(own.percent, -math.log10(max(own.rank, 1)))]))
    lines += plot_lines(series, frame, width, HEIGHT)
    if own is not None:
        text = f"the run's own variant: rank {own.rank}, {percent_text(own.probability)}"
        lines += wrap([("◆ ", "gold"), (text, "")], width)
    return [*lines, *wrap([(NOTE, "dim")], width)]


def token_lines(point: SliderPoint, token: str, width: int) -> list[Line]:
    """The likeliest tokens at a sparsity."""
    rank = f"rank {rank_text(point.rank)}"
    lines: list[Line] = [
        [
            (f"at {point.percent} %: {token_text(token)} ", "heading"),
            (f"{rank}, {percent_text(point.probability)}", "strong"),
        ]
    ]
    names = [token_text(one.text) for one in point.top]
    cells = max(min(max(map(cell_len, names), default=1) + 2, 24), 8)
    room = max(min(width - 4 - cells - 8, 40), 0)
    for one, name in zip(point.top, names, strict=True):
        text = truncated(name, cells - 2)
        mine = one.text == token
        lines.append(
            [
                (fit(f"{one.rank}", 3, align="right"), "dim"),
                ("▸" if mine else " ", "gold"),
                (isolated(text), "gold" if mine else ""),
                (" " * (cells - cell_len(text)), ""),
                (bar(one.probability, room), "bar"),
                (fit(percent_text(one.probability), 8, align="right"), ""),
            ]
        )
    return lines
