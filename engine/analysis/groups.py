"""The items of a run in groups, with subtotals: who could know it, and what became of it."""

from __future__ import annotations

import msgspec
import polars as pl

from engine.analysis.cuts import Cut, cuts_of, every_cut, parts
from engine.analysis.metrics.registry import near_names
from engine.analysis.slices import Illusion, illusion_of
from engine.analysis.statistics import Rung, rung
from engine.analysis.summary import count_outcomes
from engine.records.errors import UserError


class Subtotal(msgspec.Struct, frozen=True, kw_only=True):
    """The items of one group, or all of them.

    Attributes:
        value: what they have in common, in words.
        filter: that shows them; None where the filter language can't say it.
        open: of open answers, over the items that have one of both. `open.dense` is what the
            reference knows: no other answer can be demoted.
    """

    value: str
    filter: str | None
    n: int
    outcomes: dict[str, int]
    open: Rung | None
    choice: Rung | None
    illusion: Illusion | None

    @property
    def known(self) -> int | None:
        """How many the reference answers; None where it has no open answers."""
        return None if self.open is None else self.open.dense.right


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """Groups, the largest first.

    Attributes:
        by: what the items are grouped by, as the filter knows it.
        total: all items.
        overlap: an item may be in several groups.
    """

    by: str
    title: str
    groups: tuple[Subtotal, ...]
    total: Subtotal
    overlap: bool


def group(frame: pl.DataFrame, cut: Cut) -> Grouping:
    """Group the pairs of a variant, a frame of `engine.analysis.frame`."""
    found = [_subtotal(part.value, part.filter, part.frame) for part in parts(frame, cut)]
    return Grouping(
        by=cut.name,
        title=cut.title,
        groups=tuple(sorted(found, key=lambda one: -one.n)),
        total=_subtotal("all", "", frame),
        overlap=cut.several,
    )


def find_cut(frame: pl.DataFrame, name: str) -> Cut:
    """The way to part a frame that goes by a name: a column's, its short one, or its title.

    Raises:
        UserError: there is none, or it does not part these items.
    """
    asked = "_".join(name.lower().split())
    for cut in every_cut():
        if asked in {cut.name, cut.column, "_".join(cut.title.split())}:
            return cut
    able = ", ".join(cut.name for cut in cuts_of(frame)) or "no column has two values here"
    near = near_names(name)
    meant = f"; perhaps {' or '.join(near)}" if near else ""
    raise UserError(
        f"--by: '{name}' is no column to group by{meant}", f"Columns that part these items: {able}."
    )


def _subtotal(value: str, filter_text: str | None, frame: pl.DataFrame) -> Subtotal:
    return Subtotal(
        value=value,
        filter=filter_text,
        n=frame.height,
        outcomes=count_outcomes(frame),
        open=rung(frame, "open"),
        choice=rung(frame, "choice"),
        illusion=illusion_of(frame),
    )
