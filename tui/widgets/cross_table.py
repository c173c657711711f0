"""Outcome against outcome, with a cursor on one of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.acting import Acting
from tui.actions import Action
from tui.drawing.comparison_lines import (
    LABEL_CELLS,
    Cell,
    cell_count,
    cell_names,
    column_width,
    cross_lines,
)
from tui.drawing.lines import Line
from tui.widgets.paint import Painted

if TYPE_CHECKING:
    from engine.analysis.comparing import RunComparison

COMPARE = "While comparing"
HEADER_LINES = 1


class CrossTable(Acting, Painted, can_focus=True):
    """The table; its cursor begins on the fullest cell of items that changed."""

    ACTIONS = (
        Action("up,k", "move(-1, 0)", "outcome above", "Go up.", COMPARE, shown="↑", slug="up"),
        Action(
            "down,j", "move(1, 0)", "outcome below", "Go down.", COMPARE, shown="↓", slug="down"
        ),
        Action("left,h", "move(0, -1)", "to the left", "Go left.", COMPARE, shown="←", slug="left"),
        Action(
            "right,l", "move(0, 1)", "to the right", "Go right.", COMPARE, shown="→", slug="right"
        ),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {"cross-table--cursor"}

    class Moved(Message):
        """The cursor is on another cell."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._comparison: RunComparison | None = None
        self._drawn: list[Line] = []
        self._at = (0, 0)

    @property
    def cell(self) -> Cell | None:
        """The cell under the cursor."""
        if self._comparison is None:
            return None
        names = cell_names(self._comparison)
        return Cell(names[self._at[0]], names[self._at[1]])

    def show(self, comparison: RunComparison) -> None:
        """Show a comparison; the cursor stays on its cell unless it is the first one."""
        first = self._comparison is None
        self._comparison = comparison
        names = cell_names(comparison)
        if first:
            # Of no change at all, every item.
            self._at = max(
                ((a, b) for a in range(len(names)) for b in range(len(names)) if a != b),
                key=lambda at: self._changed(names, at),
            )
        self._at = (min(self._at[0], len(names) - 1), min(self._at[1], len(names) - 1))
        self.styles.height = len(names) + HEADER_LINES
        self._lay_out()
        self.post_message(self.Moved())

    def _changed(self, names: list[str], at: tuple[int, int]) -> int:
        assert self._comparison is not None
        sums = len(names) - 1
        return 0 if sums in at else cell_count(self._comparison, Cell(names[at[0]], names[at[1]]))

    def action_move(self, down: int, right: int) -> None:
        self.go_to(self._at[0] + down, self._at[1] + right)

    def go_to(self, row: int, column: int) -> None:
        """Put the cursor on a cell; beyond the edges, on the nearest one."""
        if self._comparison is None:
            return
        last = len(cell_names(self._comparison)) - 1
        at = (max(0, min(row, last)), max(0, min(column, last)))
        if at != self._at:
            self._at = at
            self.refresh()
            self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self._comparison is None:
            return
        if offset.y >= HEADER_LINES and offset.x >= LABEL_CELLS:
            room = column_width(self._comparison, self.size.width)
            self.go_to(offset.y - HEADER_LINES, (offset.x - LABEL_CELLS) // room)

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.size.width
        if self._comparison is not None and width:
            self._drawn = cross_lines(self._comparison, width)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        if y >= len(self._drawn):
            return self.strip_of([], width)
        cursor = self.get_component_rich_style("cross-table--cursor", partial=True)
        here = y - HEADER_LINES == self._at[0]
        segments = []
        for place, (text, name) in enumerate(self._drawn[y]):
            style = base + self.paint(name)
            if here and place == self._at[1] + 1:
                segments += _under_cursor(text, style, cursor)
            else:
                segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)


def _under_cursor(text: str, style: Style, cursor: Style) -> list[Segment]:
    """The number and a cell on its left are marked, not the gap before them."""
    bare = text.lstrip()
    gap = text[: len(text) - len(bare) - 1]
    return [Segment(gap, style), Segment(f" {bare}", style + cursor)]
