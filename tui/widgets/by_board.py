"""One line of names, one of which is chosen; a click on another chooses that."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from engine.text import displayable
from tui.drawing.lines import Line, width_of
from tui.widgets.paint import Board

GAP = 2


class ByBoard(Board):
    """The columns that items can be grouped by, as many as there is room for beside the chosen."""

    class Chosen(Message):
        """A column was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__(id="by")
        self._names: Sequence[str] = ()
        self._index = 0

    def show(self, names: Sequence[str], index: int) -> None:
        self._names, self._index = names, index
        self.redraw()

    def action_choose(self, index: int) -> None:
        self.post_message(self.Chosen(index))

    def lines(self, width: int) -> list[Line]:
        """The names from the first on, or from one so far behind that the chosen one fits."""
        names = list(map(displayable, self._names))
        room = width - len(" by") - 2 * GAP
        first = 0
        while first < self._index and _cells(names[first : self._index + 1]) > room:
            first += 1
        line: Line = [(" by", "dim"), (" …" if first else "  ", "dim")]
        for index, name in enumerate(names[first:], start=first):
            start = width_of(line) + 1
            if start + width_of([(name, "")]) > width:
                line.append((" …", "dim"))
                break
            line.append((f" {name} ", "active" if index == self._index else ""))
            self._targets.append((0, start, width_of(line), self, f"choose({index})"))
        return [line]


def _cells(names: Sequence[str]) -> int:
    return sum(width_of([(name, "")]) + GAP for name in names)
