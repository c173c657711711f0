"""What may stand where a filter's word was begun: names of columns, then their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from engine.analysis.conditions import ABSENT, quoted, unquoted
from engine.analysis.metrics.metric import EACH, Column, Metric
from engine.analysis.metrics.registry import filter_columns, in_columns
from engine.records.errors import UserError
from tui.state.saved_filters import SIGN, expanded

if TYPE_CHECKING:
    import polars as pl

MOST_COUNTED = 5_000
"""In a longer table nobody waits for saved filters to be counted."""

MOST_VALUES = 200
"""A column with more values than these is completed as far as it goes."""

_WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)*\Z')
_CONDITION = re.compile(r"(?P<name>[A-Za-z_][\w()]*)(?P<sign>:|!=|=)(?P<value>.*)", re.S)
_LISTED = re.compile(r'(?:(?:[^,"]|"[^"]*")*,)*')
_VERDICTS = ("right", "wrong")


class Completion(NamedTuple):
    """A text in the place of the begun word, and what it stands for: a title that says more than
    the text, or how many."""

    text: str
    note: str


class Completions(NamedTuple):
    """All that can stand at a place of a filter; `start` is where the begun word begins."""

    start: int
    found: tuple[Completion, ...]

    @property
    def common(self) -> str:
        """What all of them begin with."""
        texts = [one.text for one in self.found]
        first, last = min(texts), max(texts)
        same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
        return "".join(character for character, _ in same)


def completions(
    text: str,
    cursor: int,
    frame: pl.DataFrame | None,
    saved: Mapping[str, str] = MappingProxyType({}),
) -> Completions:
    """What a filter may go on with at its cursor.

    Args:
        text: of the filter.
        cursor: the place in it, in characters.
        frame: the table of pairs, whose values are proposed; None for none.
        saved: filters by the names that they were saved under.
    """
    match = _WORD.search(text[:cursor])
    word = match[0] if match else ""
    lead = "-" if word.startswith("-") else ""
    begun = word[len(lead) :]
    condition = _CONDITION.fullmatch(begun)
    found: Iterable[Completion]
    if begun.startswith(SIGN):
        found = _saved(begun.removeprefix(SIGN), saved, frame)
    elif condition is None:
        found = _names(begun.lower())
    else:
        metric_column = filter_columns(condition["name"])
        # A comma in quotation marks is one of the value.
        kept = _LISTED.findall(condition["value"])[0]
        value = condition["value"].removeprefix(kept)
        head = f"{condition['name']}{condition['sign']}{kept}"
        values = [] if metric_column is None else _values(*metric_column, frame)
        wanted = unquoted(value if value.count('"') % 2 == 0 else f'{value}"').casefold()
        found = (
            Completion(f"{head}{name}", note)
            for name, note in values
            if unquoted(name).casefold().startswith(wanted)
        )
    start = cursor - len(word)
    return Completions(start, tuple(Completion(lead + text, note) for text, note in found))


def _saved(
    begun: str, saved: Mapping[str, str], frame: pl.DataFrame | None
) -> Iterator[Completion]:
    """The saved filters of a begun name, with how many items they let through."""
    for name, text in saved.items():
        if name.casefold().startswith(begun.casefold()):
            count = None
            if frame is not None and frame.height <= MOST_COUNTED:
                count = count_shown(frame, text, saved)
            number = "" if count is None else f"{count:,}  "
            yield Completion(f"{SIGN}{name}", f"{number}{text}")


def count_shown(frame: pl.DataFrame, text: str, saved: Mapping[str, str]) -> int | None:
    """How many rows a filter lets through; None where it is no filter of this table."""
    from polars.exceptions import PolarsError

    from engine.analysis.filters import parse_filter

    try:
        return frame.filter(parse_filter(expanded(text, saved))).height
    except (UserError, PolarsError):
        return None


def _names(begun: str) -> Iterator[Completion]:
    """The columns by the names that they are listed under, the short ones first."""
    listed: dict[str, Completion] = {}
    for short in (True, False):
        for metric in in_columns():
            own = metric.name if metric.bare else ""
            names = [metric.short, own] if short else [column.name for column in metric.columns]
            for name in filter(None, names):
                sign = ":" if metric.type in {str, bool} and name != own else ""
                title = "" if metric.title.lower() == name else metric.title
                listed.setdefault(name, Completion(f"{name}{sign}", title))
    return (one for name, one in listed.items() if name.startswith(begun))


def _values(
    metric: Metric, column: Column, frame: pl.DataFrame | None
) -> Sequence[tuple[str, str]]:
    """The values of a column, as they are written in a filter, with how many items have each, the
    most frequent first."""
    counts = {} if frame is None else _counted(metric, column, frame)
    absent = counts.pop(None, 0)
    if column.type is bool:
        right = column.name.endswith("correct")
        names = _VERDICTS if right else ("yes", "no")
        listed = dict(zip(names, (counts.get(True, 0), counts.get(False, 0)), strict=True))
    elif metric.values:
        listed = {name: counts.get(name, 0) for name in metric.values}
    elif column.type is str and metric.matched != "part":
        named = sorted((str(name), count) for name, count in counts.items())
        listed = {quoted(name): count for name, count in named}
    else:
        listed = {}
    most = sorted(listed.items(), key=lambda pair: -pair[1])[:MOST_VALUES]
    if absent:
        most.append((ABSENT, absent))
    return [(name, "" if frame is None else f"{count:,}") for name, count in most]


def _counted(metric: Metric, column: Column, frame: pl.DataFrame) -> dict[object, int]:
    values = frame.get_column(column.name)
    if metric.matched == "each":
        values = values.str.split(EACH).explode()
    return dict(values.value_counts(sort=True).iter_rows())
