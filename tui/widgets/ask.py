"""Where a question of one's own is typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from engine.records.items import Item
from tui.state.asking import LiveAsk, Typed, read_typed
from tui.widgets.filter import FilterNote
from tui.widgets.line_input import LineInput


class AskInput(LineInput):
    """A field of the question's line; Escape gives it up."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "give up")]

    class GivenUp(Message):
        """Nothing is to be asked."""

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())


class AskBar(Horizontal):
    """One line: the question with its answers and, as far as it follows from it, its stem; while
    it is answered, how that stands instead of the stem."""

    class Asked(Message):
        """A question was asked; its stem is None where the engine is to find one."""

        def __init__(self, typed: Typed, stem: str | None) -> None:
            super().__init__()
            self.typed = typed
            self.stem = stem

    class GivenUp(Message):
        """The line was left."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._examples: list[Item] = []
        self._proposed = ""
        self._asked: LiveAsk | None = None

    def compose(self) -> ComposeResult:
        yield Static(Content("ask "), classes="label")
        yield AskInput(
            placeholder="question? = right answer | other …",
            id="ask-question",
            compact=True,
            select_on_focus=False,
        )
        yield Static(Content(" stem "), classes="label stem")
        yield AskInput(
            placeholder="none",
            id="ask-stem",
            classes="stem",
            compact=True,
            select_on_focus=False,
        )
        yield FilterNote(id="ask-note")

    def on_mount(self) -> None:
        self.display = False

    @property
    def question(self) -> AskInput:
        return self.query_one("#ask-question", AskInput)

    @property
    def stem(self) -> AskInput:
        return self.query_one("#ask-stem", AskInput)

    def open(self, items: Iterable[Item]) -> None:
        """Let a question be typed; what failed stays to be mended.

        Args:
            items: of the run, whose questions tell which stem follows from this one.
        """
        from engine.items.stems import examples_of_stems

        self._examples = examples_of_stems(items)
        if self._asked is not None:
            self._clear()
        self.display = True
        self.remove_class("-told")
        self.question.focus()

    def follow(self, asked: LiveAsk, text: str) -> None:
        """Say how a question stands from now on; now it is `text`."""
        self._asked = asked
        self._tell(text)

    def settle(self, text: str) -> str | None:
        """Say how the question stands that is followed: `text` while it is being answered.

        Returns:
            the id of its item, once, when it is answered.
        """
        asked = self._asked
        if asked is None:
            return None
        typing = self.has_focus_within
        if asked.running:
            if not typing:
                self._tell(text)
            return None
        self._asked = None
        if asked.failure:
            self._tell(asked.failure, alarm=True)
        elif not typing:
            self._clear()
            self.display = False
        return asked.item_id

    def _tell(self, text: str, *, alarm: bool = False) -> None:
        self.add_class("-told")
        self.query_one("#ask-note", FilterNote).show(text, alarm)

    def _clear(self) -> None:
        self.question.value = self.stem.value = self._proposed = ""

    @on(Input.Changed, "#ask-question")
    def _typed(self, message: Input.Changed) -> None:
        """Propose the stem that follows, unless one was typed."""
        from engine.items.stems import proposed_stem

        message.stop()
        self.remove_class("-told")
        if self.stem.value == self._proposed:
            question = read_typed(message.value).question
            self._proposed = proposed_stem(question, self._examples) or ""
            self.stem.value = self._proposed

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        typed = read_typed(self.question.value)
        if typed.options and not typed.gold:
            self._tell("the right answer comes first, behind the equals sign", alarm=True)
        elif typed.question:
            stem = self.stem.value.strip()
            unknown = not stem and not self._proposed
            self.post_message(self.Asked(typed, None if unknown else stem))

    @on(AskInput.GivenUp)
    def _given_up(self) -> None:
        self._clear()
        self.display = False
        self.post_message(self.GivenUp())
