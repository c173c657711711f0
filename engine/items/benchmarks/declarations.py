"""What declares a benchmark: where its rows are, and which columns make an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from engine.items.files import describe
from engine.items.validation import UNDETERMINED
from engine.records.errors import UserError, shortened
from engine.records.items import Item

OTHER_SCHEMA = "The file or data set doesn't have the benchmark's schema."
"""The hint where a column isn't as expected."""
MOST_DIGITS = 4
"""Of the number of an option."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a benchmark, with checked access to its columns.

    Attributes:
        values: the columns.
        where: names the row in errors.
        position: its index in the source, the same in every language of a parallel benchmark.
        source_language: the tag of the whole source; None where it is unknown or each row has its
            own.
        subject: the source's name, for rows that don't say what they are about.
    """

    values: Mapping[str, Any]
    where: str
    position: int
    source_language: str | None = None
    subject: str | None = None

    @property
    def language(self) -> str:
        """The tag of the source's language; "und" where it is unknown."""
        return self.source_language or UNDETERMINED

    def has(self, column: str) -> bool:
        """Whether the column exists and has a value; dots step into structs."""
        return self._find(column) is not None

    def text(self, column: str) -> str:
        """The text of a column, stripped; a number is written out.

        Raises:
            UserError: the column is missing or holds something else.
        """
        value = self._required(column)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._wrong(column, "text", value)
        return str(value).strip()

    def texts(self, column: str) -> tuple[str, ...]:
        """The texts of a list column, stripped, empty ones left out.

        Raises:
            UserError: the column is missing or holds something else.
        """
        return tuple(filter(None, self.places(column)))

    def places(self, column: str) -> tuple[str, ...]:
        """The texts of a list column, stripped, each at its place: empty ones stay.

        Raises:
            UserError: the column is missing or holds something else.
        """
        value = self._required(column)
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
            raise self._wrong(column, "a list of texts", value)
        return tuple(text.strip() for text in value)

    def entries(self, column: str) -> list[dict[str, Any]]:
        """The structs of a list column.

        Raises:
            UserError: the column is missing or holds something else.
        """
        value = self._required(column)
        # Older tables keep a list of structs as a struct of lists.
        if isinstance(value, dict) and all(isinstance(field, list) for field in value.values()):
            value = [
                dict(zip(value, entry, strict=True)) for entry in zip(*value.values(), strict=True)
            ]
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self._wrong(column, "a list of objects", value)
        return value

    def index(self, column: str, count: int, *, first: int = 0) -> int:
        """The index of the option that a column names by a letter from A or a number.

        Args:
            column: its name.
            count: of the options.
            first: the number of the first option.

        Raises:
            UserError: the column is missing or names no option.
        """
        value = self._required(column)
        written = str(value).strip()
        index = -1
        if written.isascii() and len(written) <= MOST_DIGITS:
            if len(written) == 1 and written.isalpha():
                index = ord(written.upper()) - ord("A")
            elif written.isdigit():
                index = int(written) - first
        if not 0 <= index < count:
            numbers = f"{first} to {first + count - 1}, or a letter from A" if count else "none"
            raise self._wrong(column, f"one of {count} options ({numbers})", value)
        return index

    def choice(
        self, options: Sequence[str], index: int, column: str
    ) -> tuple[str, tuple[str, ...]]:
        """The right one of a row's options, and those that there are: each once, no empty ones.

        Args:
            options: at their places.
            index: of the right one.
            column: that names it, for errors.

        Raises:
            UserError: the right one is empty, or there is nothing to choose from.
        """
        gold, distinct_options = options[index], tuple(dict.fromkeys(filter(None, options)))
        if not gold:
            raise self._wrong(column, "an option with a text", self._required(column))
        if len(distinct_options) < 2:
            message = f"{self.where}: expected at least 2 different options, got {describe(gold)}"
            raise UserError(message, OTHER_SCHEMA)
        return gold, distinct_options

    def _find(self, column: str) -> Any:
        value: Any = self.values
        for name in column.split("."):
            if not isinstance(value, Mapping) or name not in value:
                return None
            value = value[name]
        return value

    def _required(self, column: str) -> Any:
        value = self._find(column)
        if value is None:
            columns = ", ".join(shortened(str(name)) for name in self.values)
            message = f"{self.where}: there is no column {column!r}"
            raise UserError(message, f"{OTHER_SCHEMA} The columns are: {columns}.")
        return value

    def _wrong(self, column: str, expected: str, value: object) -> UserError:
        message = f"{self.where}, column {column}: expected {expected}, got {describe(value)}"
        return UserError(message, OTHER_SCHEMA)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a row gives in one language.

    Attributes:
        key: the benchmark's own id, the same in every language of a parallel benchmark.
        item: None where this language lacks the answer. The key still counts in the choice of a
            subset, so that all languages have the same one.
    """

    key: str
    item: Item | None


Convert = Callable[[Row], Iterable[Entry]]


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark.

    Attributes:
        name: as the user writes it.
        convert: from a row, of the Hub's or of the original file's schema, to entries.
        licence: of the data.
        languages: configuration on the Hub by BCP 47 tag.
        repository: on the Hub; None for a mere file format.
        split: on the Hub.
        short_answers: the golds are short enough to be asked for openly.
        ships_options: rows come with options.
        has_passage: questions are about a passage.
        several_languages: the original file has all languages.
        headings: the columns of an original CSV file without a heading.
        lists: the columns that hold JSON lists in a CSV file.
    """

    name: str
    convert: Convert
    licence: str | None
    languages: dict[str, str]
    repository: str | None
    split: str = "test"
    short_answers: bool = True
    ships_options: bool = False
    has_passage: bool = False
    several_languages: bool = False
    headings: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


def distinct(gold: str, others: Iterable[str]) -> tuple[str, ...]:
    """The answers other than the gold answer, each once."""
    return tuple(other for other in dict.fromkeys(others) if other != gold)
