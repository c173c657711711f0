"""What every decoding has: a name, a label, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar, Literal, Self, get_type_hints

import msgspec

from engine.records.decodings.parameters import ItemId, Parameter, Value, written

Order = Literal["single", "ranked", "counted"]


class Decoding(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Base of all decodings. The tag of a subclass names its kind: "beam".

    Every field has a default and is annotated with its `Parameter`. A module of this package, or
    an entry point of the group `illusion_tui.decodings`, registers a kind by its defaults.

    Attributes:
        title: of the kind in menus and help, such as "beam search".
        help: a sentence that says what it does.
        noun: one of its hypotheses, such as "beam".
        order: "single", one hypothesis; "ranked", several, best first; "counted", several drawn
            independently, equal ones collapsed with their count.
        amount: the one parameter of the short form: "beam=8". Where there are several hypotheses,
            it says how many.
        models: how many models compute each token.
    """

    title: ClassVar[str]
    help: ClassVar[str]
    noun: ClassVar[str] = "hypothesis"
    order: ClassVar[Order] = "single"
    amount: ClassVar[str | None] = None
    models: ClassVar[int] = 1

    @classmethod
    def parameters(cls) -> Mapping[str, Parameter]:
        """The parameters by their field's name."""
        return _parameters(cls)

    @property
    def name(self) -> str:
        """The name of the kind."""
        return str(self.__struct_config__.tag)

    @property
    def label(self) -> str:
        """The amount, and every parameter that differs from its default.

        Labels differ when decodings do: "beam 8", "16 samples, temperature 0.7, seed 3".
        """
        defaults = type(self)()
        parts = [self.heading]
        for name, parameter in self.parameters().items():
            value = self.value(name)
            if name != self.amount and value != defaults.value(name):
                parts.append(f"{parameter.label} {written(value)}")
        return ", ".join(parts)

    @property
    def heading(self) -> str:
        """The kind and its amount: "beam 8", "16 samples", "one-shot"."""
        if self.amount is None:
            return self.name
        if self.order == "counted":
            return f"{self.hypotheses} {self.noun}{'' if self.hypotheses == 1 else 's'}"
        title = self.title if self.order == "single" else self.name
        return f"{title} {written(self.value(self.amount))}"

    @property
    def short_form(self) -> str:
        """The kind and its amount, as they are typed: "beam=8", "one-shot"."""
        if self.amount is None:
            return self.name
        return f"{self.name}={written(self.value(self.amount))}"

    @property
    def hypotheses(self) -> int:
        """How many answers are generated for an item."""
        if self.order == "single" or self.amount is None:
            return 1
        return int(self.value(self.amount) or 0)

    @property
    def examples(self) -> int:
        """How many solved examples its prompt shows."""
        return 0

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The items that parameters refer to."""
        values = {
            name: self.value(name)
            for name, parameter in self.parameters().items()
            if isinstance(parameter, ItemId)
        }
        return tuple(value for value in values.values() if isinstance(value, str))

    @property
    def measure(self) -> str:
        """What ranks its hypotheses, where they are ranked: "log p"."""
        return "log p"

    def value(self, name: str) -> Value:
        """The value of a parameter, by its field's name."""
        value: Value = getattr(self, name)
        return value

    def seeded(self, seed: int) -> Self:
        """This decoding with a run's seed, where it draws random numbers."""
        return self

    def partner(self, variant: str, variants: Sequence[str]) -> str | None:
        """The variant that takes part beside the one that is decoded; None where none does.

        Args:
            variant: that is decoded.
            variants: of the run, the reference first.
        """
        return None


@cache
def _parameters(record: type[Decoding]) -> Mapping[str, Parameter]:
    hints = get_type_hints(record, include_extras=True)
    return {
        field.name: note
        for field in msgspec.structs.fields(record)
        for note in hints[field.name].__metadata__
        if isinstance(note, Parameter)
    }
