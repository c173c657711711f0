"""What the summary says of how the answers changed: pure functions from figures to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.analysis.shift_text import parting_text, shift_lines, shift_rows
from engine.records.scores import FAILURE_MODES
from engine.text import displayable, fit, truncated
from tui.drawing.behind import linked
from tui.drawing.lines import Line, wrap
from tui.drawing.manifest_lines import heading
from tui.drawing.marks import bar

if TYPE_CHECKING:
    from engine.analysis.failure_counts import FailureCounts
    from engine.analysis.partings import Partings
    from engine.analysis.shifts import Shift

NAME, COUNT = 16, 15
"""Cells of a failure mode, and of a count under its variant's label."""

COLUMNS = ("dense_failure", "failed")
"""What a filter calls the mode of each."""


def failure_lines(
    failures: FailureCounts | None, labels: tuple[str, str], width: int
) -> list[Line]:
    """How the wrong answers of both variants fail."""
    if failures is None:
        return []
    sides = (failures.dense, failures.pruned)
    totals = [sum(side.values()) for side in sides]
    lines = heading("How wrong open answers fail")
    names = [truncated(displayable(label), COUNT - 2) for label in labels]
    lines.append([(fit("", NAME), ""), *((fit(n, COUNT, align="right"), "dim") for n in names)])
    room = min(width - NAME - 2 * COUNT - 2, 30)
    for mode in FAILURE_MODES:
        counts = [side[mode] for side in sides]
        if not any(counts):
            continue
        line: Line = [(fit(mode, NAME), "")]
        line += [
            (linked(_counted(count or "–"), f"{column}:{mode}", count), paint)
            for count, column, paint in zip(counts, COLUMNS, ("", "strong"), strict=True)
        ]
        if room >= 4 and totals[-1]:
            line += [("  ", ""), (bar(counts[-1] / totals[-1], room), "wrong")]
        lines.append(line)
    total: Line = [(fit("  wrong answers", NAME), "dim")]
    for count, column in zip(totals, COLUMNS, strict=True):
        total.append((linked(_counted(count), f"-{column}:absent", count), "dim"))
    return [*lines, total]


def _counted(count: int | str) -> str:
    return fit(f"{count}", COUNT, align="right")


def shift_block(shift: Shift, partings: Partings | None, width: int) -> list[Line]:
    """How far the variant moved, with standard errors."""
    rows = shift_rows(shift)
    if not rows:
        return []
    lines = heading("How far it moved, ± standard error")
    name = min(max(len(row.name) for row in rows) + 2, max(width - 30, 10))
    for row in rows:
        lines.append(
            [
                (fit(row.name, name), ""),
                (fit(row.value, 13, align="right"), "strong"),
                (fit(f" {row.error}", 9), "dim"),
                (fit(f"n {row.n}", 8), "dim"),
            ]
        )
    texts = shift_lines(shift)
    if partings is not None:
        texts.append(parting_text(partings))
    for text in texts:
        lines += wrap([(text, "dim")], width, indent=2)
    return lines
