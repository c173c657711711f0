"""What a metric of a pair is: one record, from which everything that shows it derives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from engine.analysis.outcomes import ABSENT
from engine.records.annotations import NOTHING, Annotation
from engine.records.hypotheses import Redecode
from engine.records.items import Item
from engine.records.scores import Score

Value: TypeAlias = str | bool | int | float | None
"""A cell of the table; None is absent, and so is a float that is not finite."""

SIDES = ("dense", "pruned")
"""What the columns of both scores begin with."""

EACH = " | "
"""Between the parts of a text that has several."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Pair(NamedTuple):
    """An item under the reference and under a pruned variant.

    Attributes:
        dense: the reference's score, whatever the reference is.
        variant: name of the pruned variant.
        redecodes: of this item under this variant.
        annotation: what a person noted of the item.
    """

    item: Item
    dense: Score
    pruned: Score
    variant: str
    redecodes: tuple[Redecode, ...]
    annotation: Annotation = NOTHING


class Column(NamedTuple):
    """A column of the table of pairs."""

    name: str
    type: type
    value: Callable[[Pair], Value]


def plain_text(value: Any) -> str:
    """A value in words; a float with six significant digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, kw_only=True)
class Summed:
    """How a metric is summed up over items.

    Attributes:
        how: "share" is of true among those that are not absent. A share of a metric of both sides
            is a rung of the ladder: with intervals, and a test on the pairs.
        title: such as "gold answer's median rank"; empty for `how` and the metric's title.
        part: what of the title this is ("over the options"). Metrics with the same title share a
            line.
        text: of the number, with its unit; None for the metric's own.
    """

    how: Literal["mean", "median", "share"]
    title: str = ""
    part: str = ""
    text: Callable[[float], str] | None = None


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """How a metric is shown in the inspector's table: a metric of both sides as "dense → pruned".

    Attributes:
        cells: that one value needs.
        title: in the header; empty for the metric's title.
        text: a value in so many cells; None for the metric's own text.
        worse: whether a change from the first value to the second is marked; both are present.
        pruned_only: of a metric of both sides the pruned variant's value stands alone.
        next_token: it is of the token that comes next, and a change is marked only where that is
            the answer's first one.
    """

    cells: int
    title: str = ""
    text: Callable[[Any], str] | None = None
    worse: Callable[[Any, Any], bool] = lambda before, after: False
    pruned_only: bool = False
    next_token: bool = False


@dataclass(frozen=True, kw_only=True)
class Metric:
    """Base of `PairMetric` and `SideMetric`.

    Attributes:
        name: of the column; lower case, digits and underscores.
        type: of the values: str, bool, int or float.
        title: a few words for headings.
        help: a sentence for the help, with the unit.
        text: a value in words, with its unit.
        short: another name in filters; of a metric of both sides, for the pruned variant's.
        matched: how a filter compares text: "part" contains it, "whole" is one of a list, "tag" is
            one of a list of language tags, "each" has one of a list among its parts.
        values: every text that there can be; empty where any can.
        searched: words of a filter are looked for in it.
        bare: in a filter its name alone is a condition: it is true, of either score.
        by_hand: a person's notes decide it, and may at any time.
        summed: None for what is not summed up.
        column: None for what the inspector's table doesn't show.
    """

    name: str
    type: type
    title: str
    help: str
    text: Callable[[Any], str] = plain_text
    short: str = ""
    matched: Literal["part", "whole", "tag", "each"] = "part"
    values: tuple[str, ...] = ()
    searched: bool = False
    bare: bool = False
    by_hand: bool = False
    summed: Summed | None = None
    column: TableColumn | None = None

    def __post_init__(self) -> None:
        for name in (self.name, self.short or self.name):
            if not _NAME.fullmatch(name):
                raise ValueError(f"'{name}' is not lower case letters, digits and underscores")
        if self.type not in {str, bool, int, float}:
            raise ValueError(f"the type of {self.name} must be str, bool, int or float")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of the table of pairs; the last one is what `short` stands for."""
        raise NotImplementedError

    @property
    def filter_names(self) -> tuple[str, ...]:
        """All that a filter may call it, the short name first."""
        own = self.name if self.bare else ""
        names = (self.short, own, *(column.name for column in self.columns))
        return tuple(dict.fromkeys(filter(None, names)))

    @property
    def summed_title(self) -> str:
        """What the number is called that it is summed up to."""
        if self.summed is None:
            return ""
        return self.summed.title or f"{self.summed.how} {self.title}"

    @property
    def summed_part(self) -> str:
        """What of the title the number is; empty for all."""
        return "" if self.summed is None else self.summed.part

    def summed_text(self, number: float | None) -> str:
        """The number that it is summed up to, in words."""
        if number is None:
            return ABSENT
        return ((self.summed and self.summed.text) or self.text)(number)

    def cell_text(self, value: Value) -> str:
        """A value in the inspector's table."""
        if value is None:
            return ABSENT
        return ((self.column and self.column.text) or self.text)(value)


@dataclass(frozen=True, kw_only=True)
class PairMetric(Metric):
    """A metric of the item, or of the change from the reference to the pruned variant.

    Attributes:
        value: of a pair.
        of_redecodes: a re-decode changes it.
    """

    value: Callable[[Pair], Value]
    of_redecodes: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        return (Column(self.name, self.type, self.value),)


@dataclass(frozen=True, kw_only=True)
class SideMetric(Metric):
    """A metric of each of both scores: the columns are dense_NAME and pruned_NAME.

    Attributes:
        value: of a score; empty scores are among them.
    """

    value: Callable[[Score], Value]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (
            Column(f"dense_{self.name}", self.type, lambda pair: self.value(pair.dense)),
            Column(f"pruned_{self.name}", self.type, lambda pair: self.value(pair.pruned)),
        )
