"""A line in which a text is typed for a purpose, and put away again."""

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


class PromptInput(LineInput):
    """The field; Escape gives it up, the arrow goes down to what it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "cancel"),
        Binding("down", "leave", "list"),
    ]

    class GivenUp(Message):
        """What was typed is not wanted."""

    class Left(Message):
        """What was typed stays, the focus goes elsewhere."""

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())

    def action_leave(self) -> None:
        self.post_message(self.Left())


class PromptBar(Horizontal):
    """A label, the field, and beside it what comes of it.

    Attributes:
        purpose: what the text is typed for; empty while the line is put away.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.purpose = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="prompt-label")
        yield PromptInput(id="prompt-input", compact=True, select_on_focus=False)
        yield FilterNote(id="prompt-note")

    def on_mount(self) -> None:
        self.display = False

    @property
    def value(self) -> str:
        return self.query_one(PromptInput).value

    def open(self, purpose: str, label: str, value: str) -> None:
        """Ask for a text, beginning with a value."""
        self.purpose, self.display = purpose, True
        self.query_one("#prompt-label", Static).update(Content(label))
        field = self.query_one(PromptInput)
        field.value = value
        field.cursor_position = len(value)
        field.focus()
        self.note("")

    def put_away(self) -> None:
        self.purpose, self.display = "", False

    def note(self, text: str, *, alarm: bool = False) -> None:
        self.query_one(FilterNote).show(text, alarm)
