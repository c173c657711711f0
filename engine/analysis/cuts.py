"""Ways to part the items of a run: by language, kind, failure mode, or any other category."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from engine.analysis.conditions import condition
from engine.analysis.metrics.metric import EACH, Column, Metric
from engine.analysis.metrics.registry import in_columns


class Band(NamedTuple):
    """Numbers up to `most` that no band before has; None for all the others."""

    most: int | None
    text: str


class Cut(NamedTuple):
    """One way to part items.

    Attributes:
        name: as the filter knows it; what is typed after --by.
        title: in headings.
        column: of the table of pairs.
        bands: of a number, in their order.
        words: for true and false.
        absent: what it is called where an item has no value.
        several: an item may have several values, and is then in several parts.
    """

    name: str
    title: str
    column: str
    bands: tuple[Band, ...] = ()
    words: tuple[str, str] = ("yes", "no")
    absent: str = "–"
    several: bool = False


class Part(NamedTuple):
    """The items of a frame that have a value.

    Attributes:
        value: in words.
        filter: that shows them; None where the filter language can't say it.
        frame: theirs.
    """

    value: str
    filter: str | None
    frame: pl.DataFrame


LANGUAGE = Cut("lang", "language", "language")
KIND = Cut("kind", "kind", "kind", absent="unnamed")
GOLD_LENGTH = Cut(
    "gold_length",
    "gold length",
    "gold_length",
    bands=(
        Band(5, "1–5 characters"),
        Band(10, "6–10 characters"),
        Band(20, "11–20 characters"),
        Band(None, "over 20 characters"),
    ),
)
PASSAGE = Cut("passage", "passage", "has_passage", words=("given", "none"))

NO_CATEGORY = ("item_id", "variant")
"""Every item has its own, or all have the same."""

MOST_VALUES = 200
"""What has more values is no category, but says what each item is."""


def every_cut() -> tuple[Cut, ...]:
    """Every way there is: what the items are, then how their answers went."""
    known = (LANGUAGE, KIND, PASSAGE, GOLD_LENGTH)
    taken = {cut.column for cut in known} | set(NO_CATEGORY)
    found = [
        _of_column(metric, column)
        for metric in in_columns()
        for column in reversed(metric.columns)
        if column.name not in taken and _is_category(metric)
    ]
    return (*known, *sorted(found, key=lambda cut: _FIRST.get(cut.column, len(_FIRST))))


_FIRST = {
    name: place
    for place, name in enumerate(("pruned_failure", "outcome", "flip", "tags", "dense_failure"))
}
"""Those that are asked for most come first."""


def cuts_of(frame: pl.DataFrame) -> tuple[Cut, ...]:
    """The ways that part a frame of `engine.analysis.frame` into two parts or more."""
    return tuple(cut for cut in every_cut() if 2 <= _values(frame, cut).n_unique() <= MOST_VALUES)


def parts(frame: pl.DataFrame, cut: Cut) -> Iterator[Part]:
    """The parts of a frame, in the order in which their first items come, or by name where an item
    may be in several."""
    values = _values(frame, cut)
    if cut.several:
        listed: list[tuple[str | None, ...]] = [
            tuple(text.split(EACH)) if text else (None,) for text in values
        ]
        every = {value for one in listed for value in one}
        for value in sorted(every, key=lambda one: (one is None, one or "")):
            yield _part(cut, value, values, frame.filter([value in one for one in listed]))
        return
    cut_frame = frame.with_columns(values.alias(_VALUE))
    for (value,), part in cut_frame.group_by(_VALUE, maintain_order=True):
        yield _part(cut, value, values, part.drop(_VALUE))


_VALUE = "_value"


def _values(frame: pl.DataFrame, cut: Cut) -> pl.Series:
    """Of each item the value as the column has it, or a band's text."""
    if not cut.bands:
        return frame[cut.column]
    *bounded, last = cut.bands
    text = pl.lit(last.text)
    for most, name in reversed(bounded):
        text = pl.when(pl.col(cut.column) <= most).then(pl.lit(name)).otherwise(text)
    return frame.select(text.alias(cut.column)).to_series()


def _part(cut: Cut, value: object, values: pl.Series, frame: pl.DataFrame) -> Part:
    if value is None:
        return Part(cut.absent, condition(cut.name, None), frame)
    if isinstance(value, bool):
        return Part(cut.words[0 if value else 1], condition(cut.name, value), frame)
    text = str(value)
    if cut.bands:
        return Part(text, _between(cut, text), frame)
    every = () if cut.several else values.unique().drop_nulls()
    return Part(text, condition(cut.name, text, every), frame)


def _between(cut: Cut, text: str) -> str:
    place = [band.text for band in cut.bands].index(text)
    above = [f"{cut.name}>{cut.bands[place - 1].most}"] if place else []
    most = cut.bands[place].most
    return " ".join([*above, *([f"{cut.name}<={most}"] if most is not None else [])])


def _is_category(metric: Metric) -> bool:
    return metric.type is bool or (metric.type is str and metric.matched != "part")


def _of_column(metric: Metric, column: Column) -> Cut:
    last = column.name == metric.columns[-1].name
    return Cut(
        name=metric.short if last and metric.short else column.name,
        title=metric.title if last else f"{column.name.partition('_')[0]} {metric.title}",
        column=column.name,
        words=("right", "wrong") if column.name.endswith("_correct") else ("yes", "no"),
        several=metric.matched == "each",
    )
