"""Depth: both models' gold ranks after every block, as a plot and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.analysis.metrics.gold import rank_text
from engine.analysis.pooled import PooledDepth
from engine.records.instruments.depth import PARTED_NATS, DepthFinding, Level
from engine.records.instruments.instrument import signed
from engine.text import displayable, fit, token_text
from tui.drawing.lines import Line, columns, wrap
from tui.drawing.marks import decimal, percent_text
from tui.drawing.probes.bars import signed_bar
from tui.drawing.probes.labels import Labels
from tui.drawing.probes.plot import Frame, Series, plot_lines

HEIGHT = 11
SIDE_BY_SIDE, TABLE = 150, 74
"""From so many cells on the table stands beside the plot, in so many of them."""


def depth_lines(finding: DepthFinding, labels: Labels, width: int) -> list[Line]:
    """The plot of log-probabilities, then every block with both ranks."""
    title = wrap([(displayable(finding.sentence), "strong")], width)
    if width < SIDE_BY_SIDE:
        return [*title, *_plot(finding, labels, width), [], *_table(finding, labels, width)]
    room = width - TABLE - 3
    blocks = [_plot(finding, labels, room), _table(finding, labels, TABLE)]
    return [*title, *columns(blocks, (room, TABLE), 3)]


def _plot(finding: DepthFinding, labels: Labels, width: int) -> list[Line]:
    legend = wrap(
        [
            ("○ ", "right"),
            (displayable(labels.dense), "dim"),
            ("   ● ", "wrong"),
            (displayable(labels.compressed), "dim"),
            ("   ◉ both", "dim"),
            (f"   log-probability of {token_text(finding.token)} after every block", "dim"),
        ],
        width,
    )
    values = [level.log_probability for level in (*finding.dense, *finding.compressed)]
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=-1.0), max(finite, default=0.0)
    last = max(len(finding.dense), len(finding.compressed)) - 1
    frame = Frame(
        left=0,
        right=last,
        low=low,
        high=high,
        ticks=[(block, str(block)) for block in range(0, last + 1, 5)],
        rows=[(value, decimal(value, 1)) for value in (low, (low + high) / 2, high)],
        rules=[] if finding.parts_at is None else [finding.parts_at],
    )
    series = [
        Series("○", "right", _points(finding.dense)),
        Series("●", "wrong", _points(finding.compressed)),
    ]
    return [*legend, *plot_lines(series, frame, width, HEIGHT)]


def _points(levels: Sequence[Level]) -> list[tuple[float, float]]:
    return [
        (block, level.log_probability)
        for block, level in enumerate(levels)
        if math.isfinite(level.log_probability)
    ]


def _table(finding: DepthFinding, labels: Labels, width: int) -> list[Line]:
    room = max(min((width - 6 - 9 - 16) // 2, 24), 17)
    lines: list[Line] = [
        [
            ("block ", "dim"),
            (fit(displayable(labels.dense), room), "dim"),
            (fit(displayable(labels.compressed), room), "dim"),
            (fit("nats", 9, align="right"), "dim"),
        ]
    ]
    pairs = zip(finding.dense, finding.compressed, finding.differences, strict=False)
    for block, (before, after, difference) in enumerate(pairs):
        line: Line = [
            (fit(f"{block:>4}", 6), "dim"),
            (fit(_level(before), room), ""),
            (fit(_level(after), room), "wrong" if after.rank > before.rank else ""),
            (fit(signed(difference), 9, align="right"), ""),
        ]
        marks = []
        if block == finding.parts_at:
            marks.append("parts")
        if block == finding.sinks_at:
            marks.append("sinks most")
        if marks:
            line.append((f"  ◂ {', '.join(marks)}", "strong"))
        lines.append(line)
    note = (
        f"parted: from there to the last block they differ by {PARTED_NATS:g} nats or more, as "
        "they do at the end; the last block is the model's own output"
    )
    return [*lines, *wrap([(note, "dim")], width)]


def _level(level: Level) -> str:
    return f"{rank_text(level.rank):>7}  {percent_text(math.exp(level.log_probability)):>7}"


def pooled_depth_lines(pooled: PooledDepth, width: int) -> list[Line]:
    """The mean difference after every block, and how many items sink there."""
    lines = wrap([(pooled.sentence, "strong")], width)
    note = (
        f"mean over {pooled.items} items of compressed minus dense log-probability after every "
        "block, and how many of them sink most, and part, there"
    )
    lines += wrap([(note, "dim")], width)
    scale = max(map(abs, pooled.differences), default=1.0)
    room = max(min(width - 6 - 9 - 24, 60), 11)
    lines.append([(" " * (6 + room + 9), ""), ("  sink   part", "dim")])
    for block, difference in enumerate(pooled.differences):
        sinks, parts = pooled.sinks.get(block, 0), pooled.parts.get(block, 0)
        lines.append(
            [
                (fit(f"{block:>4}", 6), "dim"),
                *signed_bar(difference, scale, room),
                (fit(signed(difference), 9, align="right"), ""),
                (f"  {sinks or '·':>4}   {parts or '·':>4}", "" if sinks or parts else "dim"),
            ]
        )
    return lines
