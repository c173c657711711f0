"""The columns of the item table: what each shows in how many cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len

from engine.analysis.recovered import recovery_summary
from engine.records.scores import Answer
from engine.text import REACH, displayable, fit, isolated
from tui.drawing.lines import Piece
from tui.drawing.marks import (
    ABSENT,
    OUTCOME_MARKS,
    probability_text,
    rank_text,
    verdict,
    verdict_paint,
)
from tui.state.rows import Row, answer_text

PLAIN, DIM, STRONG, GOOD, BAD = "", "dim", "strong", "right", "wrong"


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
    return [(OUTCOME_MARKS.get(row.outcome or "", ABSENT), row.outcome or DIM)]


def _mark_and_back(row: Row, width: int) -> list[Piece]:
    return [*_mark(row, 1), ("↩" if row.back else " ", GOOD)]


def _outcome(row: Row, width: int) -> list[Piece]:
    return [(fit(row.outcome or ABSENT, width), row.outcome or DIM)]


def _language(row: Row, width: int) -> list[Piece]:
    """The tag, or its language alone where there is no room for the script."""
    tag = displayable(row.item.language)
    return [(fit(tag if len(tag) <= width else tag.partition("-")[0], width), DIM)]


def _question(row: Row, width: int) -> list[Piece]:
    text = row.item.stem or row.item.question
    return [(isolated(fit(displayable(text), width, elide="middle")), PLAIN)]


def _gold(row: Row, width: int) -> list[Piece]:
    return [(isolated(fit(displayable(row.item.gold), width)), STRONG)]


def _answer(answer: Answer | None, width: int) -> list[Piece]:
    correct = None if answer is None else answer.judgement.correct
    room = width - 2
    if answer is not None and correct:
        text = isolated(fit(_up_to_match(answer, room), room))
        return [(f"{verdict(correct)} ", GOOD), (text, PLAIN)]
    text = isolated(fit(displayable(answer_text(answer)[: REACH * width]), room))
    return [(f"{verdict(correct)} ", verdict_paint(correct)), (text, DIM)]


def _up_to_match(answer: Answer, room: int) -> str:
    """A right answer from where what was matched comes into view."""
    text, start, end = answer.text, answer.judgement.start, answer.judgement.end
    whole = displayable(answer_text(answer)[: REACH * room])
    if start is None or end is None or cell_len(displayable(text[:end].lstrip(" "))) <= room:
        return whole
    match = displayable(text[start:end])
    before = max(room - 1 - cell_len(match), 0)
    lead = displayable(text[max(start - before, 0) : start])
    word = lead.find(" ") + 1
    return f"…{lead[word:]}{match}{displayable(text[end : end + REACH])}"


def _dense(row: Row, width: int) -> list[Piece]:
    return _answer(row.reference.open, width)


def _variant(row: Row, width: int) -> list[Piece]:
    return _answer(row.variant.open, width)


def _choice(row: Row, width: int) -> list[Piece]:
    before, after = (
        score.choice.correct if score.choice else None for score in (row.reference, row.variant)
    )
    return [
        (verdict(before), verdict_paint(before)),
        (" → " if width >= 5 else "→", DIM),
        (verdict(after), verdict_paint(after)),
    ]


def _change(before: str, after: str, worse: bool, width: int, room: int) -> list[Piece]:
    """Two values around an arrow that stands in the same cell in every row."""
    arrow = " → " if width >= 2 * room + 3 else "→"
    return [
        (fit(before, room, align="right"), PLAIN),
        (arrow, DIM),
        (fit(after, width - room - len(arrow)), BAD if worse else PLAIN),
    ]


def _rank(row: Row, width: int) -> list[Piece]:
    before, after = row.reference.gold, row.variant.gold
    worse = before is not None and after is not None and after.rank > before.rank
    texts = [rank_text(gold.rank) if gold else ABSENT for gold in (before, after)]
    return _change(texts[0], texts[1], worse, width, 4)


def _worst(row: Row, width: int) -> list[Piece]:
    gold = row.variant.gold
    if gold is None or gold.worst_rank == gold.rank:
        return [(" " * width, DIM)]
    return [(fit(rank_text(gold.worst_rank), width, align="right"), BAD)]


def _probability(row: Row, width: int) -> list[Piece]:
    before, after = row.reference.gold, row.variant.gold
    worse = before is not None and after is not None and after.probability < before.probability / 2
    texts = [probability_text(gold.probability) if gold else ABSENT for gold in (before, after)]
    return _change(texts[0], texts[1], worse, width, 3)


def _divergence(row: Row, width: int) -> list[Piece]:
    value = row.variant.kl_vocabulary
    return [(fit(ABSENT if value is None else f"{value:.2f}", width, align="right"), DIM)]


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
RANK_NARROW = Column("rank", "   rank", ("pruned_gold_rank",), 9, _rank)
RANK = Column("rank", "     rank", ("pruned_gold_rank",), 11, _rank)
WORST = Column("worst", "worst", ("pruned_worst_rank",), 5, _worst)
PROBABILITY_NARROW = Column("probability", "p(gold)", ("pruned_gold_probability",), 7, _probability)
PROBABILITY = Column("probability", " p(gold)", ("pruned_gold_probability",), 9, _probability)
DIVERGENCE = Column("divergence", "    KL", ("kl_vocabulary",), 6, _divergence)
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
    PROBABILITY,
    DIVERGENCE,
    BACK,
)


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
    columns, gap = (NARROW, 1) if width < 104 else (MIDDLE, 2) if width < 176 else (WIDE, 2)
    room = width - sum(column.width for column in columns) - gap * (len(columns) - 1)
    weights = sum(column.weight for column in columns)
    widths = [column.width + max(room, 0) * column.weight // weights for column in columns]
    left = width - sum(widths) - gap * (len(columns) - 1)
    widths[columns.index(QUESTION)] += max(left, 0)
    return Layout(columns, tuple(widths), gap)
