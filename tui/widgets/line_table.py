"""A short list under a heading: a line for each entry, one of which has the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.drawing.lines import Line
from tui.widgets.paint import Painted

HEADER_LINES = 1

LayOut = Callable[[int], tuple[Line, list[Line]]]
"""The heading and the lines in so many cells."""


class LineTable(Painted, ScrollView, can_focus=True):
    """Lines with a cursor; what they stand for is known to who shows them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False, id="up"),
        Binding("down,j", "move(1)", show=False, id="down"),
        Binding("pageup,ctrl+u", "page(-1)", show=False, id="page-up"),
        Binding("pagedown,space,ctrl+d", "page(1)", show=False, id="page-down"),
        Binding("home,g", "edge(-1)", show=False, id="first"),
        Binding("end,G", "edge(1)", show=False, id="last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-table--header", "line-table--cursor"}

    class Highlighted(Message):
        """The cursor is on another line."""

    class Opened(Message):
        """A line was double-clicked; the cursor is on it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lay_out: LayOut = lambda width: ([], [])
        self._heading: Line = []
        self._lines: list[Line] = []
        self._placeholder = ""
        self._index = 0

    @property
    def index(self) -> int:
        """The line of the cursor, from 0; 0 where there are no lines."""
        return self._index

    @property
    def texts(self) -> list[str]:
        """The lines as text, those out of sight too."""
        return ["".join(text for text, _ in line) for line in self._lines]

    def show(self, lay_out: LayOut, *, at: int = 0, placeholder: str = "") -> None:
        """Show other lines, with the cursor on one of them; `placeholder` where there are none."""
        self._lay_out, self._placeholder = lay_out, placeholder
        self._index = at
        self._draw_lines()
        self._index = max(0, min(at, len(self._lines) - 1))
        self._reveal()

    def go_to(self, index: int) -> None:
        """Put the cursor on a line; beyond the ends, on the nearest one."""
        index = max(0, min(index, len(self._lines) - 1))
        if index != self._index:
            self._index = index
            self.refresh()
            self.post_message(self.Highlighted())
        self._reveal()

    def action_move(self, by: int) -> None:
        self.go_to(self._index + by)

    def action_page(self, by: int) -> None:
        self.go_to(self._index + by * self._page_lines)

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first line (-1) or the last (1)."""
        self.go_to(0 if side < 0 else len(self._lines) - 1)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < HEADER_LINES:
            return
        index = offset.y - HEADER_LINES + round(self.scroll_y)
        if index < len(self._lines):
            self.go_to(index)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_resize(self) -> None:
        self._draw_lines()
        self._reveal()

    @property
    def _page_lines(self) -> int:
        return max(1, self.size.height - HEADER_LINES)

    def _draw_lines(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._heading, self._lines = self._lay_out(width)
        self.virtual_size = Size(width, len(self._lines) + HEADER_LINES)
        self._scroll_update(self.virtual_size)
        self.refresh()

    def _reveal(self) -> None:
        top = round(self.scroll_target_y)
        last = self._index - self._page_lines + 1
        if self._index < top or last > top:
            line = self._index if self._index < top else last
            self.scroll_to(y=line, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        if y < HEADER_LINES:
            header = self.get_component_rich_style("line-table--header", partial=True)
            return self.strip_of(self._heading, width, base + header)
        index = y - HEADER_LINES + round(self.scroll_y)
        if index < len(self._lines):
            if index == self._index:
                base += self.get_component_rich_style("line-table--cursor", partial=True)
            return self.strip_of(self._lines[index], width, base)
        empty = not self._lines and y == HEADER_LINES + 1
        return self.strip_of([(self._placeholder, "dim")] if empty else [], width)
