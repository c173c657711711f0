"""The columns of the item table: what each shows in how many cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rich.cells import cell_len

from engine.analysis.metrics.metric import Metric, TableColumn, Value
from engine.analysis.metrics.registry import in_columns, metrics
from engine.text import Align, displayable, fit
from tui.drawing.cells import (
    DIM,
    back_cell,
    change_cells,
    choice_cell,
    dense_cell,
    gold_cell,
    language_cell,
    mark_and_back_cell,
    mark_cell,
    outcome_cell,
    question_cell,
    shown_cell,
    shown_dense_cell,
    variant_cell,
    worst_cell,
)
from tui.drawing.lines import Piece
from tui.drawing.marks import two_ended
from tui.state.rows import Row


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: in the header; "{reference}" and "{variant}" stand for their labels.
        sort: columns of the frame that it sorts by.
        width: cells it needs; the least where it has a weight.
        weight: its share of the room that is left.
        draw: a row's pieces for so many cells.
        name: what it is called where columns are chosen; empty for the title.
        about: what it shows, for who chooses columns.
    """

    key: str
    title: str
    sort: tuple[str, ...]
    width: int
    draw: Callable[[Row, int], list[Piece]]
    weight: int = 0
    name: str = field(default="", kw_only=True)
    about: str = field(default="", kw_only=True)


def _of_metric(metric: Metric, form: TableColumn, *, spaced: bool = True) -> Column:
    """The column of a metric; of both sides with spaces around the arrow, or without."""
    title = form.title or metric.title
    names = [column.name for column in metric.columns]
    if form.pruned_only:
        names = names[-1:]
    side: Align = "left" if metric.type is str else "right"
    if len(names) == 2:
        width = 2 * form.cells + (3 if spaced else 1)
        title = " " * ((width - cell_len(title)) // 2) + title
    else:
        width = form.cells
        title = fit(title, width, align=side)

    def draw(row: Row, width: int) -> list[Piece]:
        values = [row.values[name] for name in names]
        texts = [displayable(metric.cell_text(value)) for value in values]
        if len(values) == 1:
            return [(fit(texts[0], width, align=side), DIM)]
        marked = row.scored.after_stem or not form.next_token
        worse = marked and _worse(form, *values)
        return change_cells(texts[0], texts[1], worse, width, form.cells)

    # Titles are formatted with the labels of the variants.
    escaped = title.replace("{", "{{").replace("}", "}}")
    sort = (names[-1],)
    return Column(
        metric.name, escaped, sort, width, draw, name=form.title or metric.title, about=metric.help
    )


def _worse(form: TableColumn, before: Value, after: Value) -> bool:
    return before is not None and after is not None and form.worse(before, after)


def _built_in(name: str, *, spaced: bool = True) -> Column:
    metric = metrics()[name]
    assert metric.column is not None
    return _of_metric(metric, metric.column, spaced=spaced)


def _with_span(row: Row, width: int) -> list[Piece]:
    """Both probabilities, and where they are between 0 and 1."""
    before, after = (
        None if score.gold is None else score.gold.probability
        for score in (row.reference, row.variant)
    )
    numbers = PROBABILITY.draw(row, PROBABILITY.width)
    return [*numbers, ("  ", ""), *two_ended(before, after, SPAN)]


MARK = Column(
    "outcome", "", ("outcome",), 1, mark_cell, name="mark", about="The mark of the outcome."
)
MARK_AND_BACK = replace(MARK, width=2, draw=mark_and_back_cell)
WORD = Column("word", "outcome", ("outcome",), 16, outcome_cell, about="The outcome in a word.")
LANGUAGE = Column("language", "lang", ("language", "item_id"), 7, language_cell, about="Language.")
LANGUAGE_NARROW = replace(LANGUAGE, width=4)
QUESTION = Column(
    "question",
    "question",
    ("question",),
    12,
    question_cell,
    weight=5,
    about="The stem, or the question where there is none.",
)
GOLD = Column("gold", "gold", ("gold",), 8, gold_cell, weight=2, about="The gold answer.")
DENSE = Column(
    "dense",
    "{reference}",
    ("dense_answer_correct", "dense_answer"),
    11,
    dense_cell,
    weight=4,
    about="The reference's open answer.",
)
VARIANT = Column(
    "variant",
    "{variant}",
    ("pruned_answer_correct", "pruned_answer"),
    11,
    variant_cell,
    weight=4,
    about="The compressed model's open answer.",
)
SHOWN = Column(
    "shown",
    "candidates shown",
    ("pruned_shown_correct", "pruned_shown_answer"),
    18,
    shown_cell,
    weight=3,
    about="The compressed model's answer when the options are listed in the prompt.",
)
SHOWN_DENSE = Column(
    "shown_dense",
    "candidates, {reference}",
    ("dense_shown_correct", "dense_shown_answer"),
    18,
    shown_dense_cell,
    weight=2,
    about="The reference's answer when the options are listed in the prompt.",
)
CHOICE = Column(
    "choice",
    "choice",
    ("dense_choice_correct", "pruned_choice_correct"),
    6,
    choice_cell,
    about="Whether the likeliest option is right.",
)
CHOICE_NARROW = replace(CHOICE, title="ch.", width=3)
RANK = _built_in("gold_rank")
RANK_NARROW = _built_in("gold_rank", spaced=False)
WORST = Column(
    "worst",
    "worst",
    ("pruned_worst_rank",),
    5,
    worst_cell,
    about="The worst rank along the gold answer, where that is another.",
)
PROBABILITY = _built_in("gold_probability")
PROBABILITY_NARROW = _built_in("gold_probability", spaced=False)
SPAN = 12
PROBABILITY_WIDE = replace(PROBABILITY, width=PROBABILITY.width + 2 + SPAN, draw=_with_span)
DIVERGENCE = _built_in("kl_vocabulary")
BACK = Column("back", "brought back by", (), 18, back_cell, about="What brought the answer back.")

_LEADING = (
    MARK,
    WORD,
    LANGUAGE,
    QUESTION,
    GOLD,
    DENSE,
    VARIANT,
    SHOWN_DENSE,
    SHOWN,
    CHOICE,
    RANK,
    WORST,
    PROBABILITY_WIDE,
    DIVERGENCE,
)
_KEYS = {column.key for column in (*_LEADING, BACK)}
OTHERS = tuple(
    _of_metric(metric, metric.column)
    for metric in in_columns()
    if metric.column is not None and metric.name not in _KEYS
)
"""Columns of further metrics, each shown where a wide table has room for it."""

_CELLS = {bool: 3, int: 6, float: 8, str: 16}
LONGEST_TITLE = 12
"""A column of a single value is as wide as its title, and no wider than this for its sake."""
_DRAWN = {
    *("question", "gold", "language", "outcome", "answer", "answer_correct", "choice_correct"),
    *("worst_rank", "shown_answer", "shown_correct", "variant"),
}
"""Metrics that a column of another name shows, or that are the same for all rows."""


def _chosen_only(metric: Metric) -> Column:
    """The column of a metric that has none of its own: one value beside the other, in words."""
    cells = _CELLS[metric.type]
    if len(metric.columns) == 1:
        cells = max(cells, min(cell_len(metric.title), LONGEST_TITLE))
    form = TableColumn(
        cells=cells,
        text="{:.3g}".format if metric.type is float else None,
        pruned_only=metric.type is str,
    )
    found = _of_metric(replace(metric, column=form), form)
    # "choice" is the option that a model chooses, and the column of that name has the verdicts.
    return replace(found, key=f"{metric.name}_itself") if metric.name in _KEYS else found


CATALOGUE: Mapping[str, Column] = MappingProxyType(
    {
        column.key: column
        for column in (
            *_LEADING,
            *OTHERS,
            *(
                _chosen_only(metric)
                for metric in in_columns()
                if metric.column is None and metric.name not in _DRAWN
            ),
            BACK,
        )
    }
)
"""Every column by its key, in the order of the table, as a wide table shows it."""

NARROW_FORMS: Mapping[str, Column] = MappingProxyType(
    {
        column.key: column
        for column in (LANGUAGE_NARROW, CHOICE_NARROW, RANK_NARROW, PROBABILITY_NARROW)
    }
)
MIDDLE_FORMS: Mapping[str, Column] = MappingProxyType(
    {column.key: column for column in (LANGUAGE_NARROW, PROBABILITY)}
)
