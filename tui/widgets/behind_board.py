"""One line that says which items are behind the figure under the cursor."""

from __future__ import annotations

from engine.text import displayable
from tui.drawing.behind import Behind
from tui.drawing.lines import Line, one_line
from tui.widgets.paint import Board


class BehindBoard(Board):
    """The filter that the enter key sets, and under which variant."""

    def __init__(self) -> None:
        super().__init__(id="behind")
        self._shown: tuple[str, str, int | None] | None = None

    def show(self, behind: Behind | None, variant: str = "", count: int | None = None) -> None:
        """Show what is behind a figure.

        Args:
            behind: None for a figure, or a group, that no filter shows the items of.
            variant: label of the one under which they are shown.
            count: of the items; None where it is not known.
        """
        self._shown = None if behind is None else (behind.filter, variant, count)
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        if self._shown is None:
            return []
        filter_text, variant, count = self._shown
        known = "" if count is None else f"{count:,} item{'s' if count != 1 else ''}"
        where = f"{known}   under {displayable(variant)}   " if variant else f"{known}   "
        what = displayable(filter_text) or "all"
        return [one_line([(" ⏎ ", "key"), (where, "dim"), (what, "strong")], width)]
