"""The line in which a text is typed that is to be found among the items."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.widgets.filter import FilterNote
from tui.widgets.line_input import LineInput


class FindInput(LineInput):
    """The text; the arrows go through what is found, Escape gives it up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "give up"),
        Binding("up", "step(-1)", "previous match"),
        Binding("down", "step(1)", "next match"),
    ]

    class GivenUp(Message):
        """It is not looked for any more."""

    class Stepped(Message):
        """Another match is wanted: the next one (1), or the previous one (-1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())

    def action_step(self, by: int) -> None:
        self.post_message(self.Stepped(by))


class FindBar(Horizontal):
    """The field, and beside it which of how many matches is under the cursor."""

    def compose(self) -> ComposeResult:
        yield Static(Content("find "), id="find-label")
        yield FindInput(
            placeholder="an id, or text of an item; ↑ ↓ go through matches",
            id="find-text",
            compact=True,
            select_on_focus=False,
        )
        yield FilterNote(id="find-note")

    def on_mount(self) -> None:
        self.display = False

    @property
    def input(self) -> FindInput:
        return self.query_one(FindInput)

    @property
    def value(self) -> str:
        return self.input.value

    def open(self) -> None:
        """Ask for a text; the last one is there to be typed over."""
        self.display = True
        self.input.focus()
        self.input.select_all()

    def put_away(self) -> None:
        self.display = False

    def note(self, text: str, *, alarm: bool = False) -> None:
        self.query_one(FilterNote).show(text, alarm)
