"""A line of tabs, each with its key; a click on one does what the key does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.widget import Widget

from tui.drawing.lines import Line, width_of
from tui.widgets.paint import Board


@dataclass(frozen=True)
class Tab:
    """A tab: its key, its name, what it does, and a mark for what is there already."""

    key: str
    name: str
    action: str
    mark: str = ""


class TabBoard(Board):
    """The tabs in one line; the active one stands in brackets."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs: tuple[Tab, ...] = ()
        self._active = ""
        self._node: Widget | None = None

    def show(self, tabs: Sequence[Tab], active: str, node: Widget) -> None:
        """Show the tabs; `node` does what they do."""
        state = (tuple(tabs), active)
        if state != (self._tabs, self._active):
            self._tabs, self._active = state
            self._node = node
            self.redraw()

    def lines(self, width: int) -> list[Line]:
        """Keys with their names where they fit, else with the first letters of them."""
        line: Line = []
        for most in (20, 5, 3):
            self._targets = []
            line = self._line(most)
            if width_of(line) <= width:
                break
        return [line]

    def _line(self, most: int) -> Line:
        line: Line = []
        for tab in self._tabs:
            active = tab.name == self._active
            start = width_of(line)
            line += [
                ("[" if active else " ", "active"),
                (f"{tab.key} ", "key"),
                (tab.name[:most], "active" if active else "dim"),
                (tab.mark or ("" if active else " "), "gold"),
                ("]" if active else "", "active"),
            ]
            if self._node is not None:
                self._targets.append((0, start, width_of(line), self._node, tab.action))
            if most > 5:
                line.append((" ", ""))
        return line
