"""The parameters of a decoding: what they mean and which values they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = int | float | str | None
"""What a parameter holds."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What a form, a command and a label need to know of a record's field.

    Attributes:
        label: its name in forms and labels, such as "length penalty".
        metavar: what stands for its value in help, such as "X".
        help: a sentence.
    """

    label: str
    metavar: str
    help: str

    @property
    def bounds(self) -> str:
        """The values that it takes, in few words ("1 to 256"); empty where any will do."""
        return ""

    @property
    def expected(self) -> str:
        """The values that it takes, as a noun phrase for an error."""
        raise NotImplementedError

    def parse(self, text: str) -> Value:
        """Read a value.

        Raises:
            ValueError: the text stands for no value, or for one out of bounds.
        """
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Whole(Parameter):
    """A whole number from `low` to `high`, both included."""

    low: int = 0
    high: int | None = None

    @property
    def bounds(self) -> str:
        return f"{self.low} or more" if self.high is None else f"{self.low} to {self.high}"

    @property
    def expected(self) -> str:
        return f"a whole number, {self.bounds}"

    def parse(self, text: str) -> int:
        text = text.strip()
        if not (text.isascii() and text.removeprefix("-").isdecimal()):
            raise ValueError(text)
        value = int(text)
        if value < self.low or (self.high is not None and value > self.high):
            raise ValueError(text)
        return value


@dataclass(frozen=True, kw_only=True)
class Number(Parameter):
    """A number from `low` to `high`, both included."""

    low: float
    high: float

    @property
    def bounds(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    @property
    def expected(self) -> str:
        return f"a number, {self.bounds}"

    def parse(self, text: str) -> float:
        value = float(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value


@dataclass(frozen=True, kw_only=True)
class ItemId(Parameter):
    """The id of an item of the run; no text stands for none."""

    @property
    def expected(self) -> str:
        return "the id of an item"

    def parse(self, text: str) -> str | None:
        return text or None


@dataclass(frozen=True, kw_only=True)
class VariantName(Parameter):
    """The name of a variant of the run; no text stands for none."""

    @property
    def expected(self) -> str:
        return "the name of a variant"

    def parse(self, text: str) -> str | None:
        return text or None


def written(value: Value) -> str:
    """A value in the shortest form that reads back as the same one: 8, 0.7, 1."""
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return "" if value is None else str(value)
