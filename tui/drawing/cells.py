"""What a row shows in each column of the item table, in so many cells."""

from __future__ import annotations

from engine.analysis.metrics.gold import rank_text
from engine.analysis.outcomes import ABSENT, OUTCOME_MARKS, OVERRULED_MARK, verdict_mark
from engine.analysis.recovery_text import recovery_summary
from engine.records.items import Item
from engine.records.scores import Answer
from engine.text import displayable, fit, isolated
from tui.drawing.exhibit import right_answer, wrong_answer
from tui.drawing.lines import Piece, width_of
from tui.drawing.marks import verdict_paint
from tui.drawing.note_lines import note_marks
from tui.state.rows import Row

PLAIN, DIM, STRONG, GOOD, BAD = "", "dim", "strong", "right", "wrong"

ASKED = "?"
"""In the place of the outcome's mark, of what is no item of the run."""


def mark_cell(row: Row, width: int) -> list[Piece]:
    if row.asked:
        return [(ASKED, row.outcome or STRONG)]
    return [(OUTCOME_MARKS.get(row.outcome or "", ABSENT), row.outcome or DIM)]


def mark_and_back_cell(row: Row, width: int) -> list[Piece]:
    return [*mark_cell(row, 1), ("↩" if row.back else " ", GOOD)]


def outcome_cell(row: Row, width: int) -> list[Piece]:
    return [(fit(row.outcome or ABSENT, width), DIM)]


def language_cell(row: Row, width: int) -> list[Piece]:
    """The tag, or its language alone where there is no room for the script."""
    tag = displayable(row.item.language)
    return [(fit(tag if len(tag) <= width else tag.partition("-")[0], width), DIM)]


def question_cell(row: Row, width: int) -> list[Piece]:
    text = row.item.stem or row.item.question
    marks = note_marks(row.annotation)
    room = width - width_of(marks)
    return [*marks, (isolated(fit(displayable(text), room, elide="middle")), PLAIN)]


def gold_cell(row: Row, width: int) -> list[Piece]:
    return [(isolated(fit(displayable(row.item.gold) or ABSENT, width)), STRONG)]


def _answer(answer: Answer | None, item: Item, width: int) -> list[Piece]:
    if answer is None:
        return [(f"{verdict_mark(None)} ", DIM), (" " * (width - 2), DIM)]
    correct = answer.judgement.correct
    mark = f"{verdict_mark(correct)}{OVERRULED_MARK if answer.overruled else ''} "
    room = width - len(mark)
    text = right_answer(answer, room) if correct else wrong_answer(answer, item, room)
    return [(mark, verdict_paint(correct)), (isolated(text), PLAIN)]


def dense_cell(row: Row, width: int) -> list[Piece]:
    return _answer(row.reference.open, row.item, width)


def variant_cell(row: Row, width: int) -> list[Piece]:
    return _answer(row.variant.open, row.item, width)


def choice_cell(row: Row, width: int) -> list[Piece]:
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


def shown_dense_cell(row: Row, width: int) -> list[Piece]:
    return _answer(row.reference.shown, row.item, width)


def shown_cell(row: Row, width: int) -> list[Piece]:
    """Both verdicts, and what the compressed model writes."""
    before, after = (
        score.shown.judgement.correct if score.shown else None
        for score in (row.reference, row.variant)
    )
    answer = _answer(row.variant.shown, row.item, width - 2)
    return [*_verdicts(before, after, "→")[:2], *answer]


def change_cells(before: str, after: str, worse: bool, width: int, room: int) -> list[Piece]:
    """Two values around an arrow that stands in the same cell in every row."""
    arrow = " → " if width >= 2 * room + 3 else "→"
    return [
        (fit(before, room, align="right"), PLAIN),
        (arrow, DIM),
        (fit(after, width - room - len(arrow)), BAD if worse else PLAIN),
    ]


def worst_cell(row: Row, width: int) -> list[Piece]:
    first, worst = row.values["pruned_gold_rank"], row.values["pruned_worst_rank"]
    if not isinstance(worst, int) or worst == first:
        return [(" " * width, DIM)]
    paint = BAD if row.scored.after_stem else PLAIN
    return [(fit(rank_text(worst), width, align="right"), paint)]


def back_cell(row: Row, width: int) -> list[Piece]:
    text = " ".join(recovery_summary(result) for result in row.back)
    return [(fit(f"↩ {text}" if text else "", width), GOOD)]
