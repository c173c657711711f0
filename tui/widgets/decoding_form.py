"""A form for a decoding: a field for each parameter of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Select, Static

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import ItemId, Parameter, VariantName, Whole, written
from engine.records.decodings.registry import kinds, read_decoding
from tui.widgets.line_input import LineInput
from tui.widgets.option_lists import Choice

Choices = Sequence[tuple[Content, str]]
"""What a select offers: a text and its value."""

NOTHING_CHOSEN: Mapping[type[Parameter], str] = MappingProxyType(
    {ItemId: "the first that fits", VariantName: "the other one"}
)
"""What stands for no text, for the parameters that are chosen."""


class Field(Horizontal):
    """A parameter that is typed: label and input on one line."""

    def __init__(self, parameter: Parameter, text: str, *, id: str) -> None:
        super().__init__(id=id)
        self._parameter = parameter
        self._text = text

    def compose(self) -> ComposeResult:
        yield Static(Content(self._parameter.label), classes="label")
        yield LineInput(
            self._text,
            type="integer" if isinstance(self._parameter, Whole) else "number",
            compact=True,
        )

    @property
    def text(self) -> str:
        return self.query_one(Input).value


class ChoiceField(Horizontal):
    """A parameter that is chosen: label and select on one line."""

    def __init__(self, parameter: Parameter, *, id: str) -> None:
        super().__init__(id=id)
        self.parameter = parameter

    def compose(self) -> ComposeResult:
        yield Static(Content(self.parameter.label), classes="label")
        yield Choice(self._with_nothing(()), value="", allow_blank=False, compact=True)

    @property
    def text(self) -> str:
        return str(self.query_one(Select).value)

    def offer(self, choices: Choices) -> None:
        """Offer other choices; what is chosen stays where it is among them."""
        select: Select[str] = self.query_one(Select)
        chosen = self.text
        with self.prevent(Select.Changed):
            select.set_options(self._with_nothing(choices))
            if chosen in {value for _, value in choices}:
                select.value = chosen

    def _with_nothing(self, choices: Choices) -> list[tuple[Content, str]]:
        return [(Content(NOTHING_CHOSEN[type(self.parameter)]), ""), *choices]


class DecodingForm(Vertical):
    """The fields of a kind of decoding, filled in with a decoding of that kind."""

    def __init__(self, decoding: Decoding) -> None:
        super().__init__()
        self._kind = decoding.name
        self._fields = {
            name: _field(decoding, name, parameter)
            for name, parameter in decoding.parameters().items()
        }

    def compose(self) -> ComposeResult:
        yield from self._fields.values()

    @property
    def count(self) -> int:
        """How many fields there are, each on a line."""
        return len(self._fields)

    def offer(self, choices: Mapping[type[Parameter], Choices]) -> None:
        """Offer choices for parameters of these types."""
        for field in self._fields.values():
            if isinstance(field, ChoiceField):
                field.offer(choices[type(field.parameter)])

    def decoding(self) -> Decoding:
        """The decoding that the form describes; raises `UserError` as `read_decoding` does."""
        return read_decoding(
            kinds()[self._kind], {name: field.text for name, field in self._fields.items()}
        )


def _field(decoding: Decoding, name: str, parameter: Parameter) -> Field | ChoiceField:
    id_ = f"{decoding.name}-{name}"
    if isinstance(parameter, (ItemId, VariantName)):
        return ChoiceField(parameter, id=id_)
    return Field(parameter, written(decoding.value(name)), id=id_)
