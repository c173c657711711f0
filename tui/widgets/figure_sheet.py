"""A page with a cursor on its figures, each of which has items behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.acting import Acting
from tui.actions import Action
from tui.drawing.behind import Behind, Place, places
from tui.drawing.lines import Line
from tui.widgets.paint import Sheet

FIGURES = "In the summary"


class FigureSheet(Acting, Sheet):
    """Lines that scroll; the arrows go from figure to figure, and scroll where none is near."""

    ACTIONS = (
        Action("enter", "open", "items", "Show the items behind the figure.", FIGURES, 1, "⏎"),
        Action("up,k", "step(0, -1)", "figure above", "Go up.", FIGURES, shown="↑"),
        Action("down,j", "step(0, 1)", "figure below", "Go down.", FIGURES, shown="↓"),
        Action("left,h", "step(-1, 0)", "to the left", "Go left.", FIGURES, shown="←"),
        Action("right,l", "step(1, 0)", "to the right", "Go right.", FIGURES, shown="→"),
        Action(
            "pageup,ctrl+u",
            "page(-1)",
            "page up",
            "Scroll up one page.",
            FIGURES,
            shown="pg up",
        ),
        Action(
            "pagedown,space,ctrl+d",
            "page(1)",
            "page down",
            "Scroll down one page.",
            FIGURES,
            shown="pg dn",
        ),
        Action("home,g", "edge(-1)", "top", "Go to the top.", FIGURES),
        Action("end,G", "edge(1)", "bottom", "Go to the bottom.", FIGURES),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {"figure-sheet--cursor"}

    class Moved(Message):
        """The cursor is on another figure, or the figures are others."""

    class Opened(Message):
        """The items behind the figure under the cursor are to be shown."""

        def __init__(self, behind: Behind) -> None:
            super().__init__()
            self.behind = behind

    def __init__(self, *, id: str | None = None, at: Behind | None = None) -> None:
        """`at` is the figure that the cursor begins on, as soon as it is there."""
        super().__init__(id=id)
        self._places: list[Place] = []
        self._index = 0
        self._wanted = at

    @property
    def behind(self) -> Behind | None:
        """What is behind the figure under the cursor."""
        return self._places[self._index].behind if self._places else None

    @property
    def figures(self) -> list[Behind]:
        """What is behind all figures of the page, in reading order."""
        return [place.behind for place in self._places]

    def go_to(self, index: int) -> None:
        """Put the cursor on a figure, by its place in reading order."""
        self._index = index
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    # -- keys ---------------------------------------------------------------------------------

    def action_open(self) -> None:
        if self.behind is not None:
            self.post_message(self.Opened(self.behind))

    def action_step(self, right: int, down: int) -> None:
        """Go to the nearest figure in a direction; scroll where none is to be seen there."""
        index = self._beside(right) if right else self._above_or_below(down)
        if index is not None:
            self.go_to(index)
        elif down:
            self.scroll_relative(y=down, animate=False, force=True, immediate=True)

    def action_page(self, by: int) -> None:
        height = self.scrollable_content_region.height
        self.scroll_relative(y=by * height, animate=False, force=True, immediate=True)

    def action_edge(self, side: int) -> None:
        end = 0 if side < 0 else self.max_scroll_y
        self.scroll_to(y=end, animate=False, force=True, immediate=True)
        if self._places:
            self._index = 0 if side < 0 else len(self._places) - 1
            self.refresh()
            self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a figure; on the one that has it, show its items."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = offset.y + round(self.scroll_y)
        for index, place in enumerate(self._places):
            if place.line == line and place.start <= offset.x < place.end:
                if index == self._index:
                    self.action_open()
                else:
                    self.go_to(index)

    # -- where the cursor goes --------------------------------------------------------------

    @property
    def _seen(self) -> range:
        """The lines that are to be seen."""
        top = round(self.scroll_target_y)
        return range(top, top + max(self.scrollable_content_region.height, 1))

    def _above_or_below(self, down: int) -> int | None:
        seen = self._seen
        here = self._places[self._index] if self._places else None
        if here is None or here.line not in seen:
            # Scrolled away: the first figure to be seen, from the side that one comes from.
            found = [index for index, place in enumerate(self._places) if place.line in seen]
            return None if not found else found[0] if down > 0 else found[-1]
        beyond = [
            (abs(place.line - here.line), abs(place.start - here.start), index)
            for index, place in enumerate(self._places)
            if (place.line - here.line) * down > 0 and seen.start - 1 <= place.line <= seen.stop
        ]
        return min(beyond)[2] if beyond else None

    def _beside(self, right: int) -> int | None:
        if not self._places:
            return None
        here = self._places[self._index]
        beyond = [
            (abs(place.line - here.line), abs(place.start - here.start), index)
            for index, place in enumerate(self._places)
            if (place.start - here.start) * right > 0 and place.line in self._seen
        ]
        return min(beyond)[2] if beyond else None

    def _reveal(self) -> None:
        line, seen = self._places[self._index].line, self._seen
        if line not in seen:
            top = line if line < seen.start else line - len(seen) + 1
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    # -- drawing ------------------------------------------------------------------------------

    def show(self, draw: Callable[[int], list[Line]], *, top: bool = False) -> None:
        super().show(draw, top=top)
        self.post_message(self.Moved())

    def _lay_out(self) -> None:
        before, old = self.behind, self._index
        super()._lay_out()
        self._places = places(self._lines)
        wanted = self._wanted or before
        same = [index for index, place in enumerate(self._places) if place.behind == wanted]
        if same:
            # The same filter may stand there several times.
            self._index = min(same, key=lambda index: abs(index - old))
        else:
            self._index = max(0, min(old, len(self._places) - 1))
        if self._wanted is not None and same:
            self._wanted = None
            self._reveal()

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if not self._places:
            return strip
        line, start, end, _ = self._places[self._index]
        if line != y + round(self.scroll_y):
            return strip
        cursor = self.get_component_rich_style("figure-sheet--cursor", partial=True)
        marked = (
            Segment(text, cursor if style is None else style + cursor)
            for text, style, _ in strip.crop(start, end)
        )
        return Strip.join([strip.crop(0, start), Strip(marked), strip.crop(end)])
