"""What the summary says of re-decoding: pure functions from figures to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from engine.analysis.known_text import candidates_text
from engine.analysis.shift_text import control_text
from engine.text import displayable, fit
from tui.drawing.behind import linked
from tui.drawing.lines import Line, wrap
from tui.drawing.manifest_lines import heading
from tui.drawing.marks import bar

if TYPE_CHECKING:
    from engine.analysis.statistics import ComparisonStatistics


def recovery_lines(statistics: ComparisonStatistics, recover_filter: str, width: int) -> list[Line]:
    """What re-decoding brought back of the items that recovery is for, and where there are none.

    Args:
        statistics: of the variant.
        recover_filter: shows these items.
        width: in cells.
    """
    lines = heading("Brought back by re-decoding")
    told = candidates_text(statistics)
    lacking = wrap([(displayable(told), "dim")], width, indent=2) if told else []
    whole = statistics.groups[0].name
    count = statistics.candidates[whole]
    overall = [recovery for recovery in statistics.recoveries if recovery.group == whole]
    if not count:
        return lines + lacking
    if not overall:
        text = "Nothing re-decoded yet: b, s and o on an item, or --recover for all of them."
        lines += wrap([(text, "dim")], width)
    cells = max([14, *(cell_len(displayable(recovery.decoding)) for recovery in overall)])
    for recovery in overall:
        # Of all items, so that 2 of 3 tried is a shorter bar than 24 of 63.
        fraction = recovery.recovered / recovery.items if recovery.items else 0.0
        first = recovery.positions.get(1, 0)
        line: Line = [
            (fit(displayable(recovery.decoding), cells), ""),
            (
                linked(
                    fit(f"{recovery.recovered}", 4, align="right"),
                    recovery.filter,
                    recovery.recovered,
                ),
                "strong",
            ),
            (f" of {recovery.tried:<6}", "dim"),
            (bar(fraction, 16), "right"),
        ]
        if recovery.positions and width >= 60:
            line.append((f"  {first} in first place", "dim"))
        lines.append(line)
        if beside := control_text(recovery.control):
            lines += wrap([(f"  {beside}", "dim")], width, indent=2)
    items = displayable(statistics.recovery_items)
    lines.append(
        [("of ", "dim"), (linked(f"{count}", recover_filter, count), ""), (f" {items}", "dim")]
    )
    return lines + lacking
