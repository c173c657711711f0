"""Which items are shown, and in what order: pure polars, imported when it is first asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.analysis.outcomes import OUTCOME_MARKS
from tui.state.ordering import AS_SCORED, Ordering

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class View:
    """What is shown of a frame.

    Attributes:
        outcome: only this one; None for all.
        condition: a further filter.
        ordering: of what is shown.
    """

    outcome: str | None = None
    condition: pl.Expr | None = None
    ordering: Ordering = AS_SCORED

    @property
    def narrow(self) -> bool:
        """Whether it leaves items out."""
        return self.outcome is not None or self.condition is not None

    @property
    def whole(self) -> bool:
        """Whether it shows all items in the order of scoring."""
        return not self.narrow and not self.ordering.keys


def shown(frame: pl.DataFrame, view: View) -> list[int]:
    """Row numbers of the frame that the view shows, in its order; missing values last.

    Raises:
        polars.exceptions.PolarsError: the condition does not fit the frame.
    """
    import polars as pl

    numbered = frame.lazy().with_row_index("row_number")
    if view.outcome is not None:
        numbered = numbered.filter(pl.col("outcome") == view.outcome)
    if view.condition is not None:
        numbered = numbered.filter(view.condition)
    sort = [(name, key.descending) for key in view.ordering.keys for name in key.columns]
    if sort:
        numbered = numbered.sort(
            [_sort_key(name) for name, _ in sort],
            descending=[descending for _, descending in sort],
            nulls_last=True,
            maintain_order=True,
        )
    numbers: list[int] = numbered.select("row_number").collect().to_series().to_list()
    return numbers


def counts(frame: pl.DataFrame) -> dict[str, int]:
    """How many items have each outcome, every outcome named."""
    found = dict(frame.get_column("outcome").value_counts().iter_rows())
    return {name: found.get(name, 0) for name in OUTCOME_MARKS}


@dataclass(frozen=True)
class Headline:
    """Shares of right answers, of the reference and of the variant, over the items that have all.

    Attributes:
        open: of open answers.
        choice: of choices.
    """

    open: tuple[float, float]
    choice: tuple[float, float]

    @property
    def illusion(self) -> float:
        """How much further open answers fell than choices, as a share."""
        return (self.open[0] - self.open[1]) - (self.choice[0] - self.choice[1])


def headline(frame: pl.DataFrame) -> Headline | None:
    """The two accuracies before and after; None where no item has both for both."""
    known = frame.select(
        "dense_answer_correct",
        "pruned_answer_correct",
        "dense_choice_correct",
        "pruned_choice_correct",
    ).drop_nulls()
    if known.is_empty():
        return None
    opened, opened_after, chosen, chosen_after = map(float, known.mean().row(0))
    return Headline((opened, opened_after), (chosen, chosen_after))


def probability_points(frame: pl.DataFrame) -> dict[str, list[tuple[float, float]]]:
    """The gold answer's probability before and after, of every item that has both, by outcome."""
    known = frame.select(
        "outcome", "dense_gold_probability", "pruned_gold_probability"
    ).drop_nulls()
    points: dict[str, list[tuple[float, float]]] = {}
    for outcome, before, after in known.iter_rows():
        points.setdefault(outcome, []).append((before, after))
    return points


def _sort_key(name: str) -> pl.Expr:
    import polars as pl

    column = pl.col(name)
    if name == "outcome":
        order = {outcome: number for number, outcome in enumerate(OUTCOME_MARKS)}
        return column.replace_strict(order, default=len(order))
    return column
