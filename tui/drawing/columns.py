"""The columns of the item table: what each shows in how many cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
from tui.drawing.marks import two_ended, verdict_paint
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
    """

    key: str
    title: str
    sort: tuple[str, ...]
    width: int
    draw: Callable[[Row, int], list[Piece]]
    weight: int = 0


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
    return [
        (verdict_mark(before), verdict_paint(before)),
        (" → " if width >= 5 else "→", DIM),
        (verdict_mark(after), verdict_paint(after)),
    ]


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
    paint = BAD if row.scored.after_stem else PLAIN
    return [(fit(rank_text(worst), width, align="right"), paint)]


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
        return _change(texts[0], texts[1], worse, width, form.cells)

    # Titles are formatted with the labels of the variants.
    escaped = title.replace("{", "{{").replace("}", "}}")
    return Column(metric.name, escaped, (names[-1],), width, draw)


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
    return [*numbers, ("  ", PLAIN), *two_ended(before, after, SPAN)]


def _back(row: Row, width: int) -> list[Piece]:
    text = " ".join(recovery_summary(result) for result in row.back)
    return [(fit(f"↩ {text}" if text else "", width), GOOD)]


MARK = Column("outcome", "", ("outcome",), 1, _mark)
MARK_AND_BACK = Column("outcome", "", ("outcome",), 2, _mark_and_back)
WORD = Column("word", "outcome", ("outcome",), 16, _outcome)
LANGUAGE_NARROW = Column("language", "lang", ("language", "item_id"), 4, _language)
LANGUAGE = Column("language", "lang", ("language", "item_id"), 7, _language)
QUESTION = Column("question", "question", ("question",), 12, _question, weight=5)
GOLD = Column("gold", "gold", ("gold",), 8, _gold, weight=2)
DENSE = Column(
    "dense", "{reference}", ("dense_answer_correct", "dense_answer"), 11, _dense, weight=4
)
VARIANT = Column(
    "variant", "{variant}", ("pruned_answer_correct", "pruned_answer"), 11, _variant, weight=4
)
CHOICE_NARROW = Column(
    "choice", "ch.", ("dense_choice_correct", "pruned_choice_correct"), 3, _choice
)
CHOICE = Column("choice", "choice", ("dense_choice_correct", "pruned_choice_correct"), 6, _choice)
RANK_NARROW = _built_in("gold_rank", spaced=False)
RANK = _built_in("gold_rank")
WORST = Column("worst", "worst", ("pruned_worst_rank",), 5, _worst)
PROBABILITY_NARROW = _built_in("gold_probability", spaced=False)
PROBABILITY = _built_in("gold_probability")
DIVERGENCE = _built_in("kl_vocabulary")
SPAN = 12
PROBABILITY_WIDE = Column(
    PROBABILITY.key,
    PROBABILITY.title,
    PROBABILITY.sort,
    PROBABILITY.width + 2 + SPAN,
    _with_span,
)
BACK = Column("back", "brought back by", (), 18, _back)

NARROW = (
    MARK_AND_BACK,
    QUESTION,
    GOLD,
    DENSE,
    VARIANT,
    CHOICE_NARROW,
    RANK_NARROW,
    PROBABILITY_NARROW,
)
MIDDLE = (
    MARK_AND_BACK,
    LANGUAGE_NARROW,
    QUESTION,
    GOLD,
    DENSE,
    VARIANT,
    CHOICE,
    RANK,
    WORST,
    PROBABILITY,
)
WIDE = (
    MARK,
    WORD,
    LANGUAGE,
    QUESTION,
    GOLD,
    DENSE,
    VARIANT,
    CHOICE,
    RANK,
    WORST,
    PROBABILITY_WIDE,
    DIVERGENCE,
    BACK,
)
OTHERS = tuple(
    _of_metric(metric, metric.column)
    for metric in in_columns()
    if metric.column is not None and metric.name not in {column.key for column in WIDE}
)
"""Columns of further metrics, each shown where a wide table has room for it."""


@dataclass(frozen=True)
class Layout:
    """The columns with their widths; `gap` cells stand between two of them."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    gap: int

    def at(self, x: int) -> Column | None:
        """The column at a cell, the gap before it included."""
        edge = 0
        for column, width in zip(self.columns, self.widths, strict=True):
            edge += width + self.gap
            if x < edge:
                return column
        return None


def layout(width: int) -> Layout:
    """Choose columns and share the room; the widths and gaps sum to `width` where it suffices."""
    columns: tuple[Column, ...]
    columns, gap = (NARROW, 1) if width < 104 else (MIDDLE, 2) if width < 176 else (WIDE, 2)
    room = width - sum(column.width for column in columns) - gap * (len(columns) - 1)
    if columns is WIDE:
        for column in OTHERS:
            if column.width + gap <= room:
                columns = (*columns[:-1], column, BACK)
                room -= column.width + gap
    weights = sum(column.weight for column in columns)
    widths = [column.width + max(room, 0) * column.weight // weights for column in columns]
    left = width - sum(widths) - gap * (len(columns) - 1)
    widths[columns.index(QUESTION)] += max(left, 0)
    return Layout(columns, tuple(widths), gap)
