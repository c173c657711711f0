"""What the summary says of re-decoding: pure functions from figures to lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from engine.analysis.shift_text import control_text
from engine.text import displayable, fit
from tui.drawing.lines import Line, wrap
from tui.drawing.manifest_lines import heading
from tui.drawing.marks import bar

if TYPE_CHECKING:
    from engine.analysis.recovery_figures import Recovery


def recovery_lines(recoveries: Sequence[Recovery], items: str, width: int) -> list[Line]:
    """What re-decoding brought back of the items that recovery is for."""
    lines = heading("Brought back by re-decoding")
    overall = [recovery for recovery in recoveries if recovery.group == "all"]
    if not overall:
        text = "Nothing re-decoded yet: b, s and o on an item, or --recover for all of them."
        return lines + wrap([(text, "dim")], width)
    cells = max(14, *(cell_len(displayable(recovery.decoding)) for recovery in overall))
    for recovery in overall:
        # Of all items, so that 2 of 3 tried is a shorter bar than 24 of 63.
        fraction = recovery.recovered / recovery.items if recovery.items else 0.0
        first = recovery.positions.get(1, 0)
        line: Line = [
            (fit(displayable(recovery.decoding), cells), ""),
            (fit(f"{recovery.recovered}", 4, align="right"), "strong"),
            (f" of {recovery.tried:<6}", "dim"),
            (bar(fraction, 16), "right"),
        ]
        if recovery.positions and width >= 60:
            line.append((f"  {first} in first place", "dim"))
        lines.append(line)
        if beside := control_text(recovery.control):
            lines += wrap([(f"  {beside}", "dim")], width, indent=2)
    lines.append([(f"of {overall[0].items} {displayable(items)}", "dim")])
    return lines
