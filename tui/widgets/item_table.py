"""The item table: one line per item, drawn from rows that are made only when seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.text import displayable, fit
from tui.acting import Acting
from tui.actions import MOVE, Action
from tui.drawing.cells import DIM
from tui.drawing.columns import Column
from tui.drawing.layout import AS_IT_IS, Layout, layout
from tui.drawing.lines import wrap
from tui.state.column_choice import ColumnChoice
from tui.state.ordering import AS_SCORED, Ordering
from tui.state.rows import Row
from tui.widgets.paint import Painted

HEADER_LINES = 1


class ItemTable(Acting, Painted, ScrollView, can_focus=True):
    """A table of rows that are known by their number in the run.

    The cursor stays on its item when rows come or go; where its item is no longer shown, or nobody
    has moved it yet, it stays on its line.
    """

    ACTIONS = (
        Action("up,k", "move(-1)", "up", "Go to the item above.", MOVE, shown="↑"),
        Action("down,j", "move(1)", "down", "Go to the item below.", MOVE, shown="↓"),
        Action("pageup,ctrl+u", "page(-1)", "page up", "Go up one page.", MOVE, shown="pg up"),
        Action("pagedown,ctrl+d", "page(1)", "page down", "Go down one page.", MOVE, shown="pg dn"),
        Action("home,g", "edge(-1)", "first", "Go to the first item.", MOVE),
        Action("end,G", "edge(1)", "last", "Go to the last item.", MOVE),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "item-table--header",
        "item-table--sorted",
        "item-table--cursor",
    }

    class Highlighted(Message):
        """The cursor is on another item (None: there is none)."""

        def __init__(self, number: int | None) -> None:
            super().__init__()
            self.number = number

    class Opened(Message):
        """A row was double-clicked; the cursor is on it."""

    class SortAsked(Message):
        """A header was clicked; with a modifier key for a further column to sort by."""

        def __init__(self, columns: tuple[str, ...], *, further: bool) -> None:
            super().__init__()
            self.columns = columns
            self.further = further

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._numbers: Sequence[int] = ()
        self._make: Callable[[int], Row] | None = None
        self._titles: dict[str, str] = {}
        self._placeholder = ""
        self._ordering = AS_SCORED
        self._choice: ColumnChoice = AS_IT_IS
        self._lacking: frozenset[str] = frozenset()
        self._layout: Layout = layout(80)
        self._cursor = 0
        self._moved = False
        self._awaited: int | None = None

    # -- what it shows -------------------------------------------------------------------

    @property
    def number(self) -> int | None:
        """The number of the item under the cursor."""
        return self._numbers[self._cursor] if self._numbers else None

    @property
    def index(self) -> int:
        """The row of the cursor, from 0."""
        return self._cursor

    @property
    def count(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers of the rows, in their order."""
        return self._numbers

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the width has room for."""
        return self._layout.columns

    @property
    def widths(self) -> tuple[int, ...]:
        return self._layout.widths

    @property
    def awaited(self) -> int | None:
        """The number of the item that the cursor is to be on as soon as it is shown."""
        return self._awaited

    @property
    def choice(self) -> ColumnChoice:
        """Which columns are wanted, and in what order."""
        return self._choice

    @property
    def titles(self) -> dict[str, str]:
        """What stands for "{reference}" and "{variant}" in the headers."""
        return self._titles

    def show_columns(
        self, *, choice: ColumnChoice | None = None, lacking: frozenset[str] | None = None
    ) -> None:
        """Show other columns; what is None stays as it is.

        Args:
            choice: which are wanted, and in what order.
            lacking: those that the run has nothing for.
        """
        before = self._choice, self._lacking
        if choice is not None:
            self._choice = choice
        if lacking is not None:
            self._lacking = lacking
        if (self._choice, self._lacking) != before:
            self._lay_out()

    @property
    def page_lines(self) -> int:
        return max(1, self.size.height - HEADER_LINES)

    def show(
        self,
        numbers: Sequence[int],
        make: Callable[[int], Row],
        *,
        titles: dict[str, str],
        ordering: Ordering,
        placeholder: str = "",
    ) -> None:
        """Show these rows; the cursor and its line on the screen stay where they can.

        Args:
            numbers: of the items, in the order to be shown.
            make: gives the row of a number.
            titles: what stands for "{reference}" and "{variant}" in the headers.
            ordering: for the marks in the header.
            placeholder: shown where there are no rows.
        """
        before, line = self.number, self._cursor - round(self.scroll_y)
        self._make, self._titles, self._ordering = make, titles, ordering
        self._placeholder = placeholder
        changed = numbers != self._numbers
        self._numbers = numbers
        if changed:
            index = _index(numbers, before) if self._moved else None
            awaited = _index(numbers, self._awaited)
            if awaited is not None:
                index, self._awaited, self._moved = awaited, None, True
            self._cursor = max(0, min(self._cursor, len(numbers) - 1)) if index is None else index
            self._resize_virtual()
            if 0 <= line < self.page_lines:
                self.scroll_to(y=self._cursor - line, animate=False, force=True, immediate=True)
            self._reveal()
        self.refresh()
        if self.number != before:
            self._tell_highlighted()

    def go_to(self, index: int) -> None:
        """Put the cursor on the row of an index (from 0); beyond the ends, on the nearest one."""
        if not self._numbers:
            return
        self._moved, self._awaited = True, None
        index = max(0, min(index, len(self._numbers) - 1))
        if index != self._cursor:
            self._cursor = index
            self.refresh()
            self._tell_highlighted()
        self._reveal()

    def await_number(self, number: int) -> None:
        """Put the cursor on an item as soon as it is shown, unless somebody moves it before."""
        index = _index(self._numbers, number)
        if index is None:
            self._awaited = number
        else:
            self.go_to(index)

    def _tell_highlighted(self) -> None:
        # Whatever the rows are changed for: what the browser seems to send would end with it.
        self.post_message(self.Highlighted(self.number).set_sender(self))

    def _reveal(self) -> None:
        top = round(self.scroll_target_y)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True, immediate=True)
        elif self._cursor >= top + self.page_lines:
            self.scroll_to(
                y=self._cursor - self.page_lines + 1, animate=False, force=True, immediate=True
            )

    # -- keys and mouse ------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        self.go_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self.go_to(self._cursor + by * self.page_lines)

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first row (-1) or the last (1)."""
        self.go_to(0 if side < 0 else len(self._numbers) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row, open it on a double click, or sort by a header."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < HEADER_LINES:
            column = self._layout.at(offset.x)
            if column is not None and column.sort:
                # Many terminals keep clicks with shift for themselves.
                further = event.shift or event.ctrl or event.meta
                self.post_message(self.SortAsked(column.sort, further=further))
            return
        index = offset.y - HEADER_LINES + round(self.scroll_y)
        if index < len(self._numbers):
            self.go_to(index)
            if event.chain == 2:
                self.post_message(self.Opened())

    # -- drawing -------------------------------------------------------------------------

    def _lay_out(self) -> None:
        width = max(self.scrollable_content_region.width, 1)
        self._layout = layout(width, self._choice, self._lacking)
        self.refresh()

    def on_resize(self) -> None:
        self._lay_out()
        self._resize_virtual()
        self._reveal()

    def _resize_virtual(self) -> None:
        height = len(self._numbers) + HEADER_LINES
        self.virtual_size = Size(self.scrollable_content_region.width, height)
        self._scroll_update(self.virtual_size)

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"item-table--{name}", partial=True)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.rich_style
        if y < HEADER_LINES:
            return self._header(base, width)
        index = y - HEADER_LINES + round(self.scroll_y)
        if self._make is not None and index < len(self._numbers):
            return self._row(self._make(self._numbers[index]), index == self._cursor, base, width)
        text = ""
        if not self._numbers and y > HEADER_LINES:
            lines = wrap([(displayable(self._placeholder), "")], max(width - 2, 1))
            for piece, _ in lines[y - HEADER_LINES - 1] if y - HEADER_LINES <= len(lines) else ():
                text += piece
            text = f" {text}"
        return Strip([Segment(fit(text, width), base + self.paint(DIM))], width)

    def _header(self, base: Style, width: int) -> Strip:
        header = base + self._part("header")
        marked = header + self._part("sorted")
        segments: list[Segment] = []
        # Of two columns that are sorted by the same, the one with a title has the mark.
        owners = {c.sort[0]: c for c in sorted(self.columns, key=lambda c: c.title != "") if c.sort}
        for column, cells in zip(self._layout.columns, self._layout.widths, strict=True):
            if segments:
                segments.append(Segment(" " * self._layout.gap, header))
            title = displayable(column.title.format_map(self._titles))
            mark = self._ordering.mark(column.sort[0]) if column in owners.values() else ""
            mark = mark[:cells]
            if mark:
                title = fit(title, min(cell_len(title), cells - len(mark))) + mark
                segments.append(Segment(fit(title, cells), marked))
            else:
                segments.append(Segment(fit(title, cells), header))
        return Strip(segments).adjust_cell_length(width, header)

    def _row(self, row: Row, cursor: bool, base: Style, width: int) -> Strip:
        if cursor:
            base = base + self._part("cursor")
        segments: list[Segment] = []
        for column, cells in zip(self._layout.columns, self._layout.widths, strict=True):
            if segments:
                segments.append(Segment(" " * self._layout.gap, base))
            used = 0
            for text, name in column.draw(row, cells):
                segments.append(Segment(text, base + self.paint(name)))
                used += cell_len(text)
            if used < cells:
                segments.append(Segment(" " * (cells - used), base))
        return Strip(segments).adjust_cell_length(width, base)


def _index(numbers: Sequence[int], number: int | None) -> int | None:
    if number is None:
        return None
    try:
        return numbers.index(number)
    except ValueError:
        return None
