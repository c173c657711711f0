"""The table of the lab: a row for each decoding, a column for each variant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from engine.records.decodings.decoding import Decoding
from tui.acting import Acting
from tui.actions import LAB, Action
from tui.drawing.hypothesis_lines import Names
from tui.drawing.lab_lines import GAP
from tui.drawing.lines import Line, columns, one_line
from tui.state.experiments import Cell
from tui.widgets.lab_row import LabRow
from tui.widgets.paint import Board

CellsOf = Callable[[Decoding], Sequence[Cell]]


class HeadBoard(Board):
    """The variants over their columns."""

    def __init__(self) -> None:
        super().__init__(id="lab-head")
        self._heads: list[Line] = []

    def show(self, heads: list[Line]) -> None:
        self._heads = heads
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """The headings on one line."""
        count = len(self._heads)
        if not count:
            return []
        room = (width - GAP * (count - 1)) // count
        return columns([[one_line(head, room)] for head in self._heads], [room] * count, GAP)


class LabTable(Acting, VerticalScroll, can_focus=True):
    """The rows, of which one has the cursor; it shows all it has, the others what fits."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave_field", show=False)]
    ACTIONS = (
        Action(
            "up,k",
            "move(-1)",
            "decoding above",
            "Go to the decoding above.",
            LAB,
            shown="↑",
            slug="up",
        ),
        Action(
            "down,j",
            "move(1)",
            "decoding below",
            "Go to the decoding below.",
            LAB,
            shown="↓",
            slug="down",
        ),
    )

    def __init__(self, decodings: Sequence[Decoding], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._own = [LabRow(decoding, editable=True) for decoding in decodings]
        self._others: list[LabRow] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        yield from self._own

    def on_mount(self) -> None:
        self.go_to(0)

    @property
    def rows(self) -> list[LabRow]:
        """The rows in their order: those that can be edited, then those of other results."""
        return [*self._own, *self._others]

    @property
    def current(self) -> LabRow:
        """The row with the cursor."""
        return self.rows[self._at]

    @property
    def own_decodings(self) -> list[Decoding]:
        """The decodings of the rows that can be edited."""
        return [row.decoding for row in self._own]

    def show(self, others: Sequence[Decoding], cells_of: CellsOf, names: Names) -> None:
        """Show what came of every decoding; `others` have rows of their own below."""
        if [row.decoding for row in self._others] != list(others):
            self._replace_others(others)
        for row in self.rows:
            row.cells.show(cells_of(row.decoding), names)
        self.allot()

    def _replace_others(self, others: Sequence[Decoding]) -> None:
        kept = {row.decoding: row for row in self._others}
        current = self.current
        for decoding, row in kept.items():
            if decoding not in others:
                row.remove()
        self._others = [
            kept.get(decoding) or LabRow(decoding, editable=False) for decoding in others
        ]
        for place, row in enumerate(self._others):
            if row.decoding not in kept:
                before = self.rows[len(self._own) + place - 1]
                self.mount(row, after=before)
        rows = self.rows
        self.go_to(rows.index(current) if current in rows else len(rows) - 1)

    def go_to(self, index: int) -> None:
        """Put the cursor on a row; beyond the ends, on the nearest one."""
        self._at = max(0, min(index, len(self.rows) - 1))
        for place, row in enumerate(self.rows):
            if row.selected != (place == self._at):
                row.select(place == self._at)
        self.allot()
        self.call_after_refresh(self._reveal)

    def _reveal(self) -> None:
        self.scroll_to_widget(self.current, animate=False, force=True)

    def allot(self) -> None:
        """Give the row with the cursor the lines that it needs, and the others what is left."""
        height = self.size.height
        # A row that was just added has no width yet.
        width = max(row.cells.size.width for row in self.rows)
        if not height or not width:
            return
        full = [max(row.cells.full_height(width), row.least_height, 1) for row in self.rows]
        lines = shared_out(full, self._at, height)
        gap = 1 if sum(lines) + len(lines) <= height and lines == full else 0
        for row, count in zip(self.rows, lines, strict=True):
            row.styles.height = count + gap
            row.cells.height = count
            row.cells.redraw()

    # -- keys and mouse ------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        self.focus()
        self.go_to(self._at + by)

    def action_leave_field(self) -> None:
        self.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let escape through to the screen where no field is left by it."""
        if action == "leave_field":
            return not self.has_focus
        return super().check_action(action, parameters)

    def edit(self) -> bool:
        """Go to the first parameter of the row with the cursor; tells whether it has any."""
        for field in self.current.query("Input, Select"):
            field.focus()
            return True
        return False

    def on_click(self, event: events.Click) -> None:
        row = next((row for row in self.rows if row in (event.widget, *_above(event))), None)
        if row is not None and row is not self.current:
            self.go_to(self.rows.index(row))

    def on_resize(self) -> None:
        # The boards have their new width only after the layout.
        self.call_after_refresh(self.allot)


def _above(event: events.Click) -> tuple[object, ...]:
    return tuple(event.widget.ancestors) if event.widget is not None else ()


def shared_out(full: Sequence[int], chosen: int, height: int) -> list[int]:
    """Lines for rows that need so many: the chosen one has all of them, the others alike many.

    What is left over goes to the first ones. Each has one at least, also where they don't fit the
    height together.
    """
    lines = [1] * len(full)
    for most in range(1, max(full, default=1) + 1):
        tried = [need if at == chosen else min(need, most) for at, need in enumerate(full)]
        if sum(tried) > height and most > 1:
            break
        lines = tried
    for at, need in enumerate(full):
        if lines[at] < need and sum(lines) < height:
            lines[at] += 1
    return lines
