"""One item under all variants of a run: pure functions from records to lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from engine.analysis.metrics.gold import rank_text
from engine.analysis.outcomes import ABSENT, OUTCOME_MARKS, verdict_mark
from engine.analysis.recovery_text import recovery_summary
from engine.records.hypotheses import Redecode
from engine.records.scores import Answer, ChoiceScore, GoldScore, Score
from engine.text import displayable, fit, isolated, truncated
from tui.drawing.lines import Line, Piece, columns, one_line, wrap
from tui.drawing.marks import percent_text, verdict_paint
from tui.drawing.score_lines import shown_pieces

SIDE_BY_SIDE = 110
GAP = 2
FIXED = {"choice": 14, "rank": 9, "p(gold)": 7, "KL": 5, "brought back": 13}
"""Cells of the columns that are no answers."""

MOST_LINES = 4
"""Of one answer; the x-ray has it whole."""


@dataclass(frozen=True)
class VariantRow:
    """The item under one variant.

    Attributes:
        outcome: against the reference; None for the reference, and where an answer is absent.
        results: the re-decodes that were made under it, those that failed among them.
    """

    label: str
    outcome: str | None
    score: Score
    results: Sequence[Redecode]


def item_lines(rows: Sequence[VariantRow], width: int) -> list[Line]:
    """A row for every variant: answers with their judgement, choice, gold answer, divergence."""
    if width >= SIDE_BY_SIDE:
        return _table(rows, width)
    lines: list[Line] = []
    for row in rows:
        lines += [*([[]] if lines else []), *_block(row, width)]
    return lines


def _table(rows: Sequence[VariantRow], width: int) -> list[Line]:
    """The rows in columns, each as high as its longest cell."""
    label = min(max(cell_len(displayable(row.label)) for row in rows) + 2, 24)
    room = width - label - sum(FIXED.values()) - GAP * (len(FIXED) + 2)
    answer = room * 3 // 5
    widths = (label, answer, room - answer, *FIXED.values())
    titles = ("", "open answer", "with candidates shown", *FIXED)
    head = [[[(fit(title, cells), "dim")]] for title, cells in zip(titles, widths, strict=True)]
    lines = columns(head, widths, GAP)
    for row in rows:
        score = row.score
        cells = (
            [_name(row, label)],
            _answer(score.open, answer),
            _answer(score.shown, room - answer),
            _choice(score.choice, FIXED["choice"]),
            _rank(score.gold),
            [[(_probability(score.gold), "")]],
            [[(_divergence(score), "")]],
            _back(row.results, FIXED["brought back"]),
        )
        lines += columns(cells, widths, GAP)
    return lines


def _block(row: VariantRow, width: int) -> list[Line]:
    """A row on a narrow screen: the answers one below the other, then the figures in a line."""
    score, indent = row.score, 2
    room = width - indent
    parts: list[Line] = [_name(row, width), *_answer(score.open, room)]
    if score.shown is not None:
        pieces = [("shown ", "dim"), *shown_pieces(score.shown)]
        parts += wrap(pieces, room, indent=6)[:MOST_LINES]
    figures: list[Piece] = []
    if score.choice is not None:
        figures += [("choice ", "dim"), *_verdict(score.choice)]
    if score.gold is not None:
        rank = score.gold.rank
        figures += [("   rank ", "dim"), (str(rank), "" if rank == 1 else "wrong")]
        figures += [("   p(gold) ", "dim"), (_probability(score.gold), "")]
    if score.kl_vocabulary is not None:
        figures += [("   KL ", "dim"), (_divergence(score), "")]
    back = _back(row.results, room)
    if figures:
        parts += wrap(figures, room)
    if row.results:
        parts += back
    return [parts[0], *([(" " * indent, ""), *line] for line in parts[1:])]


def _name(row: VariantRow, width: int) -> Line:
    mark = OUTCOME_MARKS.get(row.outcome or "", " ")
    return [
        (f"{mark} ", row.outcome or ""),
        (truncated(displayable(row.label), width - 2), "title"),
    ]


def _answer(answer: Answer | None, width: int) -> list[Line]:
    """The verdict with the answer, and why, dim."""
    if answer is None:
        return [[(ABSENT, "dim")]]
    lines = wrap(shown_pieces(answer), width, indent=2)
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], [("  …", "dim")]]
    why = displayable(answer.judgement.explanation)
    return [*lines, one_line([("  ", ""), (why, "dim")], width)]


def _choice(choice: ChoiceScore | None, width: int) -> list[Line]:
    """The verdict with the gold option's probability; below it the option chosen instead."""
    if choice is None:
        return [[(ABSENT, "dim")]]
    lines: list[Line] = [_verdict(choice)]
    if not choice.correct:
        text = displayable(choice.options[choice.chosen()].text)
        lines.append([("  ", ""), (isolated(truncated(text, width - 2)), "dim")])
    return lines


def _verdict(choice: ChoiceScore) -> Line:
    probability = choice.probabilities[choice.gold_index]
    return [
        (f"{verdict_mark(choice.correct)} ", verdict_paint(choice.correct)),
        (percent_text(probability), ""),
    ]


def _rank(gold: GoldScore | None) -> list[Line]:
    """Rank of the gold answer's first token; below it the worst one, where that is another."""
    if gold is None:
        return [[(ABSENT, "dim")]]
    lines: list[Line] = [[(rank_text(gold.rank), "" if gold.rank == 1 else "wrong")]]
    if gold.worst_rank != gold.rank:
        lines.append([(f"worst {rank_text(gold.worst_rank)}", "dim")])
    return lines


def _probability(gold: GoldScore | None) -> str:
    return ABSENT if gold is None else percent_text(gold.probability)


def _divergence(score: Score) -> str:
    return ABSENT if score.kl_vocabulary is None else f"{score.kl_vocabulary:.2f}"


def _back(results: Sequence[Redecode], width: int) -> list[Line]:
    """What brought the gold answer back, a line each; what did not, dim."""
    lines: list[Line] = []
    for result in results:
        text = recovery_summary(result)
        piece = (f"↩ {text}", "right") if text else (f"not by {result.decoding.name}", "dim")
        lines.append([(truncated(piece[0], width), piece[1])])
    return lines or [[(ABSENT, "dim")]]
