"""Where a filter is typed: with completion, and with those that were used before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Input

from engine.records.errors import UserError, in_one_line
from engine.text import displayable, fit, truncated
from tui.drawing.lines import Line, one_line
from tui.state.filter_history import FilterHistory
from tui.state.saved_filters import SIGN, saved_filters
from tui.widgets.line_input import LineInput
from tui.widgets.paint import Board

if TYPE_CHECKING:
    import polars as pl

    from tui.state.completing import Completion, Completions

TALL = 34
FEW_LINES, MANY_LINES = 6, 10
"""Lines of completions at most, in a screen of less than `TALL` lines and in a taller one."""
OFFERED_CELLS = 38
"""Cells of one of them at most: a longer title is cut."""


class FilterInput(LineInput):
    """The filter; tab completes, the arrows go through those used before, Escape gives it up.

    Attributes:
        frame: gives the table whose values are proposed; None where there is none yet.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "clear"),
        Binding("up", "older", "older filter"),
        Binding("down", "newer", "newer filter, or the items"),
        Binding("tab", "complete(1)", "complete"),
        Binding("shift+tab", "complete(-1)", "complete"),
        Binding("ctrl+s", "app.open('filters')", "save under a name"),
    ]

    class GivenUp(Message):
        """The filter is to be cleared."""

    class Left(Message):
        """The filter stays, the focus goes to the items."""

    class Offered(Message):
        """Completions are to be shown (none: no more), one of them chosen (None: none yet)."""

        def __init__(self, found: Sequence[Completion], chosen: int | None) -> None:
            super().__init__()
            self.found = found
            self.chosen = chosen

    def __init__(self) -> None:
        super().__init__(
            placeholder="words, or rank>3 lang:es; tab lists the columns",
            id="filter",
            compact=True,
            select_on_focus=False,
        )
        self.frame: Callable[[], pl.DataFrame | None] = lambda: None
        self._history = FilterHistory()
        self._offered: Completions | None = None
        self._chosen: int | None = None
        self._set = ""

    # -- completion ---------------------------------------------------------------------------

    def action_complete(self, by: int) -> None:
        """Complete the word as far as it is certain; from then on propose one after the other."""
        offered = self._offered
        if offered is None:
            from tui.state.completing import completions

            saved: Mapping[str, str] = {}
            if SIGN in self.value:
                try:
                    saved = saved_filters()
                except UserError as error:
                    told = displayable(in_one_line(error.message, error.hint))
                    self.notify(told, severity="warning", markup=False)
            offered = completions(self.value, self.cursor_position, self.frame(), saved)
            if not offered.found:
                self.app.bell()
                return
            begun = self.value[offered.start : self.cursor_position]
            if len(offered.found) == 1:
                self._put(offered.start, offered.found[0].text)
                return
            if len(offered.common) > len(begun):
                self._put(offered.start, offered.common)
            self._offered, self._chosen, self._set = offered, None, self.value
        else:
            first = 0 if by > 0 else len(offered.found) - 1
            chosen = first if self._chosen is None else (self._chosen + by) % len(offered.found)
            self._chosen = chosen
            self._put(offered.start, offered.found[chosen].text)
        self.post_message(self.Offered(offered.found, self._chosen))

    def _put(self, start: int, text: str) -> None:
        """Put a text in the place of the word before the cursor."""
        rest = self.value[self.cursor_position :]
        self._set = self.value[:start] + text + rest
        self.value = self._set
        self.cursor_position = start + len(text)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self.value != self._set:
            self._close_offer()
            self._history.forget_place()

    def _close_offer(self) -> bool:
        """Propose nothing any more; tells whether something was proposed."""
        offered, self._offered = self._offered, None
        if offered is not None:
            self.post_message(self.Offered((), None))
        return offered is not None

    # -- those used before ------------------------------------------------------------------

    def keep(self) -> None:
        """Keep the filter for the next time."""
        self._history.add(self.value.strip())
        self._close_offer()

    def action_older(self) -> None:
        self._recall(self._history.older(self.value))

    def action_newer(self) -> None:
        if self._history.looking:
            self._recall(self._history.newer())
        else:
            self.post_message(self.Left())

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self._close_offer()
            self._set = text
            self.value = text
            self.cursor_position = len(text)

    # -- leaving ------------------------------------------------------------------------------

    def action_give_up(self) -> None:
        if not self._close_offer():
            self._history.forget_place()
            self.post_message(self.GivenUp())


class OfferBoard(Board):
    """What a begun word may become, in columns; the chosen one is marked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._offered: Sequence[Completion] = ()
        self._chosen: int | None = None

    def show(self, offered: Sequence[Completion], chosen: int | None) -> None:
        """Show completions, as many as there is room for around the chosen one."""
        self._offered, self._chosen = offered, chosen
        self.display = bool(offered)
        lines = -(-len(offered) // self._across(self.app.size.width)[0]) if offered else 0
        self.styles.height = min(lines, self._most)
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        if not self._offered:
            return []
        across, cells = self._across(width)
        rows = -(-len(self._offered) // across)
        chosen = self._chosen or 0
        most = self._most
        top = max(0, min(chosen // across - most + 1, rows - most))
        lines: list[Line] = []
        for row in range(top, min(rows, top + most)):
            line: Line = [(" ", "")]
            for number in range(row * across, min((row + 1) * across, len(self._offered))):
                text, note = map(displayable, self._offered[number])
                text = truncated(text, cells - 2)
                room = cells - cell_len(text) - 2
                line.append((text, "active" if number == self._chosen else "key"))
                line.append((fit(f" {note}", room) if room > 0 else "", "dim"))
                line.append((" " * (2 if room > 0 else cells - cell_len(text)), ""))
            lines.append(line)
        return lines

    @property
    def _most(self) -> int:
        return MANY_LINES if self.app.size.height >= TALL else FEW_LINES

    def _across(self, width: int) -> tuple[int, int]:
        """How many stand beside each other, and the cells of each."""
        longest = max(cell_len(displayable(f"{text} {note}")) for text, note in self._offered)
        cells = max(min(longest + 2, OFFERED_CELLS, width - 1), 8)
        return max(1, (width - 1) // cells), cells


class FilterNote(Board):
    """How many items are shown, or what is wrong with the filter."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._note: tuple[str, bool] = ("", False)

    def show(self, text: str, alarm: bool) -> None:
        if (text, alarm) != self._note:
            self._note = (text, alarm)
            self._drawn = None
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as the text, so that the field has the rest."""
        return cell_len(displayable(self._note[0]))

    def lines(self, width: int) -> list[Line]:
        text, alarm = self._note
        return [one_line([(displayable(text), "wrong" if alarm else "dim")], width)]


class FilterBar(Horizontal):
    """The filter's line: the field, and beside it what comes of it."""

    def compose(self) -> ComposeResult:
        yield FilterInput()
        yield FilterNote(id="filter-note")

    @property
    def input(self) -> FilterInput:
        return self.query_one(FilterInput)

    @property
    def value(self) -> str:
        return self.input.value

    def open(self) -> None:
        self.display = True
        self.input.focus()

    def clear(self) -> None:
        self.input.value = ""
        self.display = False

    def note(self, text: str, *, alarm: bool) -> None:
        self.query_one(FilterNote).show(text, alarm)
