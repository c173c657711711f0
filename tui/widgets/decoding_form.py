"""A form for a decoding: its kind, and a field for each of the kind's parameters."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Select, Static

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import ItemId, Parameter, Whole, written
from engine.records.decodings.registry import kinds, read_decoding

Choices = Sequence[tuple[Content, str]]
"""What a select offers: a text and its value."""


class Field(Horizontal):
    """A parameter that is typed: label and input on one line."""

    def __init__(self, parameter: Parameter, text: str, *, id: str) -> None:
        super().__init__(id=id)
        self._parameter = parameter
        self._text = text

    def compose(self) -> ComposeResult:
        yield Static(Content(self._parameter.label), classes="label")
        yield Input(
            self._text,
            type="integer" if isinstance(self._parameter, Whole) else "number",
            compact=True,
        )

    @property
    def text(self) -> str:
        return self.query_one(Input).value


class ItemField(Vertical):
    """A parameter that is an item: a select under its label."""

    def __init__(self, parameter: Parameter, items: Choices, *, id: str) -> None:
        super().__init__(id=id)
        self._parameter = parameter
        self._items = items

    def compose(self) -> ComposeResult:
        yield Static(Content(self._parameter.label), classes="label")
        yield Select(
            [(Content("the first that fits"), ""), *self._items],
            value="",
            allow_blank=False,
            compact=True,
        )

    @property
    def text(self) -> str:
        return str(self.query_one(Select).value)


class DecodingForm(Vertical):
    """A select of the kind, over the fields of that kind.

    Args:
        items: the items that a parameter can refer to.
    """

    def __init__(self, items: Choices, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._fields = {
            kind.name: {
                name: _field(kind, name, parameter, items)
                for name, parameter in kind.parameters().items()
            }
            for kind in kinds().values()
        }

    def compose(self) -> ComposeResult:
        yield Static(Content("decode by"), classes="label")
        yield Select(
            [(Content(kind.title), kind.name) for kind in kinds().values()],
            value=next(iter(kinds())),
            allow_blank=False,
            compact=True,
            id="kind",
        )
        for fields in self._fields.values():
            yield from fields.values()

    def on_mount(self) -> None:
        self._show_fields()

    @on(Select.Changed, "#kind")
    def _show_fields(self) -> None:
        for kind, fields in self._fields.items():
            for field in fields.values():
                field.display = kind == self._kind

    @property
    def _kind(self) -> str:
        return str(self.query_one("#kind", Select).value)

    def decoding(self) -> Decoding:
        """The decoding that the form describes; raises `UserError` as `read_decoding` does."""
        fields = self._fields[self._kind]
        return read_decoding(
            kinds()[self._kind], {name: field.text for name, field in fields.items()}
        )


def _field(kind: Decoding, name: str, parameter: Parameter, items: Choices) -> Field | ItemField:
    id_ = f"{kind.name}-{name}"
    if isinstance(parameter, ItemId):
        return ItemField(parameter, items, id=id_)
    return Field(parameter, written(kind.value(name)), id=id_)
