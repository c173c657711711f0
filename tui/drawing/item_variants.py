"""One item under all variants of a run: pure functions from records to lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from engine.analysis.metrics.gold import rank_text
from engine.analysis.outcomes import ABSENT, OUTCOME_MARKS, WRONG, verdict_mark
from engine.analysis.recovery_text import recovery_summary
from engine.records.hypotheses import Redecode
from engine.records.scores import Answer, ChoiceScore, GoldScore, Score
from engine.text import displayable, fit, isolated, truncated
from tui.drawing.lines import Line, Piece, columns, width_of, wrap
from tui.drawing.marks import percent_text, rank_paint, verdict_paint
from tui.drawing.score_lines import shown_pieces

SIDE_BY_SIDE = 110
GAP = 2
FIXED = (("choice", 12), ("rank", 9), ("p(gold)", 7), ("KL", 5), ("back", 10))
"""The columns that are no answers, with their cells; the last is for items that were re-decoded."""

MOST_LINES = 4
"""Of one answer; the x-ray has it whole."""


@dataclass(frozen=True)
class VariantRow:
    """The item under one variant.

    Attributes:
        outcome: against the reference; None for the reference, and where an answer is absent.
        results: the re-decodes that were made under it, those that failed among them.
        after_stem: its gold rank is of the answer's place; elsewhere it tells little.
    """

    label: str
    outcome: str | None
    score: Score
    results: Sequence[Redecode]
    after_stem: bool = True


def item_lines(rows: Sequence[VariantRow], width: int) -> list[Line]:
    """A row for every variant: answers with their judgement, choice, gold answer, divergence."""
    label = min(max(cell_len(displayable(row.label)) for row in rows) + 2, 24, width // 3)
    if width >= SIDE_BY_SIDE:
        return _table(rows, label, width)
    room = width - label - GAP
    return [
        line
        for row in rows
        for line in columns(([_name(row, label)], _stacked(row, room)), (label, room), GAP)
    ]


def _table(rows: Sequence[VariantRow], label: int, width: int) -> list[Line]:
    """The rows in columns, each as high as its longest cell."""
    fixed = FIXED if any(row.results for row in rows) else FIXED[:-1]
    cells = [size for _, size in fixed]
    room = width - label - sum(cells) - GAP * (len(cells) + 2)
    # Answers among options are short: the open ones have what these leave.
    among = [width_of(shown_pieces(row.score.shown)) for row in rows if row.score.shown]
    answer = max(room * 3 // 5, room - max([*among, cell_len("shown")]))
    widths = (label, answer, room - answer, *cells)
    titles = ("", "open answer", "shown", *(title for title, _ in fixed))
    head: list[list[Line]] = [
        [[(fit(title, size), "dim")]] for title, size in zip(titles, widths, strict=True)
    ]
    lines = columns(head, widths, GAP)
    for row in rows:
        score = row.score
        blocks: list[list[Line]] = [
            [_name(row, label)],
            _answer(score.open, answer, why=True),
            _answer(score.shown, room - answer),
            _choice(score.choice, dict(FIXED)["choice"]),
            _rank(row),
            [[(_probability(score.gold), "")]],
            [[(_divergence(score), "")]],
            _back(row.results, FIXED[-1][1]),
        ]
        lines += columns(blocks[: len(widths)], widths, GAP)
    return lines


def _stacked(row: VariantRow, width: int) -> list[Line]:
    """A row on a narrow screen: the answers one below the other, then the figures."""
    score = row.score
    lines = _answer(score.open, width, why=True)
    if score.shown is not None:
        pieces: list[Piece] = [("shown ", "dim"), *shown_pieces(score.shown)]
        lines += _cut(wrap(pieces, width, indent=8))
    figures: list[Piece] = []
    if score.choice is not None:
        figures += [("choice ", "dim"), *_verdict(score.choice), ("   ", "")]
    if score.gold is not None:
        rank = rank_text(score.gold.rank)
        paint = rank_paint(score.gold.rank, marked=row.after_stem)
        figures += [("rank ", "dim"), (rank, paint)]
        figures += [("   p(gold) ", "dim"), (f"{_probability(score.gold)}   ", "")]
    if score.kl_vocabulary is not None:
        figures += [("KL ", "dim"), (_divergence(score), "")]
    if figures:
        lines += wrap(figures, width)
    if row.results:
        lines += _back(row.results, width)
    return lines


def _name(row: VariantRow, width: int) -> Line:
    mark = OUTCOME_MARKS.get(row.outcome or "", " ")
    return [
        (f"{mark} ", row.outcome or ""),
        (truncated(displayable(row.label), width - 2), "title"),
    ]


def _answer(answer: Answer | None, width: int, *, why: bool = False) -> list[Line]:
    """The verdict with the answer, and why, dim: beside it where there is room, or below."""
    if answer is None:
        return [[(ABSENT, "dim")]]
    lines = _cut(wrap(shown_pieces(answer), width, indent=2))
    if why:
        text = displayable(answer.explanation)
        if width_of(lines[-1]) + 3 + cell_len(text) <= width:
            lines[-1] = [*lines[-1], ("   ", ""), (text, "dim")]
        else:
            lines += wrap([("  ", ""), (text, "dim")], width, indent=2)
    return lines


def _cut(lines: list[Line]) -> list[Line]:
    return [*lines[:MOST_LINES], [("  …", "dim")]] if len(lines) > MOST_LINES else lines


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


def _rank(row: VariantRow) -> list[Line]:
    """Rank of the gold answer's first token; below it the worst one, where that is another."""
    gold = row.score.gold
    if gold is None:
        return [[(ABSENT, "dim")]]
    lines: list[Line] = [[(rank_text(gold.rank), rank_paint(gold.rank, marked=row.after_stem))]]
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
        piece = (f"↩ {text}", "right") if text else (f"{WRONG} {result.decoding.name}", "dim")
        lines.append([(truncated(piece[0], width), piece[1])])
    return lines or [[(ABSENT, "dim")]]
