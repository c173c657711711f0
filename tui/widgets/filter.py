"""Where a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from engine.text import displayable
from tui.drawing.lines import Line, one_line
from tui.widgets.paint import Board


class FilterInput(Input):
    """The filter; Escape gives it up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "clear"),
        Binding("down", "to_items", "items"),
    ]

    class GivenUp(Message):
        """The filter is to be cleared."""

    class Left(Message):
        """The filter stays, the focus goes to the items."""

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())

    def action_to_items(self) -> None:
        self.post_message(self.Left())


class FilterNote(Board):
    """How many items are shown, or what is wrong with the filter."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._note: tuple[str, bool] = ("", False)

    def show(self, text: str, alarm: bool) -> None:
        if (text, alarm) != self._note:
            self._note = (text, alarm)
            self.redraw()

    def lines(self, width: int) -> list[Line]:
        text, alarm = self._note
        return [one_line([(displayable(text), "wrong" if alarm else "dim")], width)]


class FilterBar(Horizontal):
    """The filter's line: the field, and beside it what comes of it."""

    def compose(self) -> ComposeResult:
        yield FilterInput(
            placeholder="words, or rank>3 lang:es", id="filter", compact=True, select_on_focus=False
        )
        yield FilterNote(id="filter-note")

    @property
    def value(self) -> str:
        return self.query_one(FilterInput).value

    def open(self) -> None:
        self.display = True
        self.query_one(FilterInput).focus()

    def clear(self) -> None:
        self.query_one(FilterInput).value = ""
        self.display = False

    def note(self, text: str, *, alarm: bool) -> None:
        self.query_one(FilterNote).show(text, alarm)
