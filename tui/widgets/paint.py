"""Widgets that draw lines of painted pieces; what a paint looks like is in the style sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from engine.analysis.outcomes import OUTCOME_MARKS
from tui.drawing.lines import Line, cropped

PAINTS = (
    "dim",
    "strong",
    "heading",
    "key",
    "right",
    "wrong",
    "right-strong",
    "wrong-strong",
    "gold",
    "bar",
    "bar-gold",
    "active",
    "title",
    *OUTCOME_MARKS,
)


PAINT_CLASSES = frozenset(f"paint--{name}" for name in PAINTS)
"""Component classes of the app: once for all widgets, since each one costs a pass of the style
sheets over a node of its own."""


class Painted(Widget):
    """A widget whose pieces are coloured by the app's component classes `paint--NAME`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._paints: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paints = {}

    def paint(self, name: str) -> Style:
        """The style of a paint, without a background of its own where it has none."""
        if name not in self._paints:
            self._paints[name] = (
                self.app.get_component_styles(f"paint--{name}").partial_rich_style
                if name
                else Style.null()
            )
        return self._paints[name]

    def strip_of(self, line: Line, width: int, base: Style | None = None) -> Strip:
        """The line in exactly `width` cells."""
        style = self.rich_style if base is None else base
        segments = [
            Segment(text, style + self.paint(name)) for text, name in cropped(line, width) if text
        ]
        return Strip(segments).adjust_cell_length(width, style)


class Board(Painted):
    """A few lines that don't scroll; pieces can be clicked.

    Subclasses give the lines, and put what a click does into `_targets`: line, first cell, end,
    and the action with the node that does it.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._drawn: list[Line] | None = None
        self._targets: list[tuple[int, int, int, Widget | App[Any], str]] = []

    def lines(self, width: int) -> list[Line]:
        """What to draw in `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        self._drawn = None
        self.refresh()

    def on_resize(self) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._drawn is None:
            self._targets = []
            self._drawn = self.lines(width)
        return self.strip_of(self._drawn[y] if y < len(self._drawn) else [], width)

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for y, start, end, node, action in self._targets:
            if y == offset.y and start <= offset.x < end:
                await node.run_action(action)


class Sheet(Painted, ScrollView, can_focus=True):
    """Lines that scroll, laid out again for every width."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw: Callable[[int], list[Line]] = lambda width: []
        self._lines: list[Line] = []

    def show(self, draw: Callable[[int], list[Line]], *, top: bool = False) -> None:
        """Show what `draw` lays out for a width; from the top, or where it was scrolled to."""
        self._draw = draw
        self._lay_out()
        if top:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def texts(self) -> list[str]:
        """The lines as text, those out of sight too."""
        return ["".join(text for text, _ in line) for line in self._lines]

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._lines = self._draw(width)
        self.virtual_size = Size(width, len(self._lines))
        # Textual's own line widgets say so too: a new virtual size alone moves no scroll bar.
        self._scroll_update(self.virtual_size)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = y + round(self.scroll_y)
        return self.strip_of(self._lines[index] if index < len(self._lines) else [], width)
