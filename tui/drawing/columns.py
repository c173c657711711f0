"""The columns of the item table: what each shows in how many cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rich.cells import cell_len

from engine.analysis.metrics.gold import rank_text
from engine.analysis.metrics.metric import Metric, TableColumn, Value
from engine.analysis.metrics.registry import in_columns, metrics
from engine.analysis.outcomes import ABSENT, OUTCOME_MARKS, OVERRULED_MARK, verdict_mark
from engine.analysis.recovery_text import recovery_summary
from engine.records.items import Item
from engine.records.scores import Answer
from engine.text import Align, displayable, fit, isolated
from tui.drawing.exhibit import right_answer, wrong_answer
from tui.drawing.lines import Piece, width_of
from tui.drawing.marks import verdict_paint
from tui.drawing.note_lines import note_marks
from tui.state.rows import Row

PLAIN, DIM, STRONG, GOOD, BAD = "", "dim", "strong", "right", "wrong"

ASKED = "?"
"""In the place of the outcome's mark, of what is no item of the run."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: in the header; "{reference}" and "{variant}" stand for their labels.
        sort: columns of the frame that it sorts by.
        width: cells it needs; the least where it has a weight.
        weight: its share of the room that is left.
        draw: a row's pieces for so many cells.
        about: what it shows, for who chooses columns.
    """

    key: str
    title: str
    sort: tuple[str, ...]
    width: int
    draw: Callable[[Row, int], list[Piece]]
    weight: int = 0
    about: str = field(default="", kw_only=True)


def _mark(row: Row, width: int) -> list[Piece]:
    if row.asked:
        return [(ASKED, row.outcome or STRONG)]
    return [(OUTCOME_MARKS.get(row.outcome or "", ABSENT), row.outcome or DIM)]


def _mark_and_back(row: Row, width: int) -> list[Piece]:
    return [*_mark(row, 1), ("↩" if row.back else " ", GOOD)]


def _outcome(row: Row, width: int) -> list[Piece]:
    return [(fit(row.outcome or ABSENT, width), DIM)]


def _language(row: Row, width: int) -> list[Piece]:
    """The tag, or its language alone where there is no room for the script."""
    tag = displayable(row.item.language)
    return [(fit(tag if len(tag) <= width else tag.partition("-")[0], width), DIM)]


def _question(row: Row, width: int) -> list[Piece]:
    text = row.item.stem or row.item.question
    marks = note_marks(row.annotation)
    room = width - width_of(marks)
    return [*marks, (isolated(fit(displayable(text), room, elide="middle")), PLAIN)]


def _gold(row: Row, width: int) -> list[Piece]:
    return [(isolated(fit(displayable(row.item.gold) or ABSENT, width)), STRONG)]


def _answer(answer: Answer | None, item: Item, width: int) -> list[Piece]:
    if answer is None:
        return [(f"{verdict_mark(None)} ", DIM), (" " * (width - 2), DIM)]
    correct = answer.judgement.correct
    mark = f"{verdict_mark(correct)}{OVERRULED_MARK if answer.overruled else ''} "
    room = width - len(mark)
    text = right_answer(answer, room) if correct else wrong_answer(answer, item, room)
    return [(mark, verdict_paint(correct)), (isolated(text), PLAIN)]


def _dense(row: Row, width: int) -> list[Piece]:
    return _answer(row.reference.open, row.item, width)


def _variant(row: Row, width: int) -> list[Piece]:
    return _answer(row.variant.open, row.item, width)


def _choice(row: Row, width: int) -> list[Piece]:
    before, after = (
        score.choice.correct if score.choice else None for score in (row.reference, row.variant)
    )
    return _verdicts(before, after, " → " if width >= 5 else "→")


def _verdicts(before: bool | None, after: bool | None, arrow: str) -> list[Piece]:
    return [
        (verdict_mark(before), verdict_paint(before)),
        (arrow, DIM),
        (verdict_mark(after), verdict_paint(after)),
    ]


def _shown_dense(row: Row, width: int) -> list[Piece]:
    return _answer(row.reference.shown, row.item, width)


def _shown(row: Row, width: int) -> list[Piece]:
    """Both verdicts, and what the compressed model writes."""
    before, after = (
        score.shown.judgement.correct if score.shown else None
        for score in (row.reference, row.variant)
    )
    answer = _answer(row.variant.shown, row.item, width - 2)
    return [*_verdicts(before, after, "→")[:2], *answer]


def _change(before: str, after: str, worse: bool, width: int, room: int) -> list[Piece]:
    """Two values around an arrow that stands in the same cell in every row."""
    arrow = " → " if width >= 2 * room + 3 else "→"
    return [
        (fit(before, room, align="right"), PLAIN),
        (arrow, DIM),
        (fit(after, width - room - len(arrow)), BAD if worse else PLAIN),
    ]


def _worst(row: Row, width: int) -> list[Piece]:
    first, worst = row.values["pruned_gold_rank"], row.values["pruned_worst_rank"]
    if not isinstance(worst, int) or worst == first:
        return [(" " * width, DIM)]
    return [(fit(rank_text(worst), width, align="right"), BAD)]


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
        return _change(texts[0], texts[1], _worse(form, *values), width, form.cells)

    # Titles are formatted with the labels of the variants.
    escaped = title.replace("{", "{{").replace("}", "}}")
    return Column(metric.name, escaped, (names[-1],), width, draw, about=metric.help)


def _worse(form: TableColumn, before: Value, after: Value) -> bool:
    return before is not None and after is not None and form.worse(before, after)


def _built_in(name: str, *, spaced: bool = True) -> Column:
    metric = metrics()[name]
    assert metric.column is not None
    return _of_metric(metric, metric.column, spaced=spaced)


def _back(row: Row, width: int) -> list[Piece]:
    text = " ".join(recovery_summary(result) for result in row.back)
    return [(fit(f"↩ {text}" if text else "", width), GOOD)]


MARK = Column("outcome", "", ("outcome",), 1, _mark, about="The mark of the outcome.")
MARK_AND_BACK = replace(MARK, width=2, draw=_mark_and_back)
WORD = Column("word", "outcome", ("outcome",), 16, _outcome, about="The outcome in a word.")
LANGUAGE = Column("language", "lang", ("language", "item_id"), 7, _language, about="Language.")
LANGUAGE_NARROW = replace(LANGUAGE, width=4)
QUESTION = Column(
    "question",
    "question",
    ("question",),
    12,
    _question,
    weight=5,
    about="The stem, or the question where there is none.",
)
GOLD = Column("gold", "gold", ("gold",), 8, _gold, weight=2, about="The gold answer.")
DENSE = Column(
    "dense",
    "{reference}",
    ("dense_answer_correct", "dense_answer"),
    11,
    _dense,
    weight=4,
    about="The reference's open answer.",
)
VARIANT = Column(
    "variant",
    "{variant}",
    ("pruned_answer_correct", "pruned_answer"),
    11,
    _variant,
    weight=4,
    about="The compressed model's open answer.",
)
SHOWN = Column(
    "shown",
    "candidates shown",
    ("pruned_shown_correct", "pruned_shown_answer"),
    18,
    _shown,
    weight=3,
    about="The compressed model's answer when the options are listed in the prompt.",
)
SHOWN_DENSE = Column(
    "shown_dense",
    "candidates, {reference}",
    ("dense_shown_correct", "dense_shown_answer"),
    18,
    _shown_dense,
    weight=2,
    about="The reference's answer when the options are listed in the prompt.",
)
CHOICE = Column(
    "choice",
    "choice",
    ("dense_choice_correct", "pruned_choice_correct"),
    6,
    _choice,
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
    _worst,
    about="The worst rank along the gold answer, where that is another.",
)
PROBABILITY = _built_in("gold_probability")
PROBABILITY_NARROW = _built_in("gold_probability", spaced=False)
DIVERGENCE = _built_in("kl_vocabulary")
BACK = Column("back", "brought back by", (), 18, _back, about="What brought the answer back.")

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
    PROBABILITY,
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
_DRAWN = {
    *("question", "gold", "language", "outcome", "answer", "answer_correct", "choice_correct"),
    *("worst_rank", "shown_answer", "shown_correct", "variant"),
}
"""Metrics that a column of another name shows, or that are the same for all rows."""


def _chosen_only(metric: Metric) -> Column:
    """The column of a metric that has none of its own: one value beside the other, in words."""
    cells = _CELLS[metric.type]
    form = TableColumn(
        cells=max(cells, min(cell_len(metric.title), 12)) if metric.type is str else cells,
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
MIDDLE_FORMS: Mapping[str, Column] = MappingProxyType({LANGUAGE.key: LANGUAGE_NARROW})
