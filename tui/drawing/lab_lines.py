"""The cells of the lab: one decoding of an item under one variant, in as many lines as fit."""

from __future__ import annotations

from collections.abc import Sequence

from engine.analysis.outcomes import verdict_mark
from engine.analysis.recovery_text import NO_GOLD
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.scores import Answer, Judgement
from engine.text import displayable
from tui.drawing.decode_lines import live_lines
from tui.drawing.hypothesis_lines import (
    Names,
    around_gold,
    hypothesis_lines,
    note_pieces,
    result_mark,
)
from tui.drawing.lines import Line, Piece, columns, one_line, width_of, wrap
from tui.drawing.marks import decimal, track, verdict_paint
from tui.state.decodes import LiveDecode, VariantDecode
from tui.state.experiments import Cell

GAP = 3
LEAST_CELLS = 40
"""Of a column, where there are more than two."""
TEXT_LINES = 4
"""An answer that stands alone takes at most so many lines."""
COUNTED_LINES = 4
"""From so many on, samples stand under how many are right and wrong."""
BAR_CELLS = 6


def columns_in(width: int, variants: int) -> int:
    """How many variants have room next to each other: two at least."""
    return min(variants, max(2, (width + GAP) // (LEAST_CELLS + GAP)))


def row_lines(
    cells: Sequence[Cell], names: Names, width: int, height: int | None = None
) -> list[Line]:
    """A row of cells; in at most `height` lines, or in as many as they need."""
    room = (width - GAP * (len(cells) - 1)) // len(cells)
    blocks = [cell_lines(cell, names, room, height) for cell in cells]
    return columns(blocks, [room] * len(cells), GAP)


def cell_lines(cell: Cell, names: Names, width: int, height: int | None = None) -> list[Line]:
    """One cell; in at most `height` lines, or in as many as it needs."""
    if cell.live is not None and (cell.live[0].running or cell.result is None):
        lines = _live_lines(*cell.live, names, width, height)
    elif cell.result is not None:
        lines = _result_lines(cell.result, cell.demoted, names, width, height)
    elif cell.scored is not None:
        lines = _scored_lines(cell.scored, width, height)
    else:
        lines = [[("not run", "dim")]]
    return lines if height is None else lines[:height]


def _live_lines(
    decode: LiveDecode, part: VariantDecode, names: Names, width: int, height: int | None
) -> list[Line]:
    if height == 1 and decode.running and part.texts:
        best = displayable(part.texts[0].strip(" "))
        bar = track(part.step / part.steps, BAR_CELLS)
        return [one_line([("· ", "active"), *bar, (f" {best}", "dim")], width)]
    return live_lines(decode, part, names, width, named=False)


def _result_lines(
    result: Redecode, demoted: bool, names: Names, width: int, height: int | None
) -> list[Line]:
    if height == 1:
        return [_in_one_line(result, demoted, width)]
    head = _headline(result, demoted, width)
    notes = [one_line([("  ", ""), *pieces], width) for pieces in note_pieces(result, names)]
    left = None if height is None else height - 1
    if result.decoding.order == "single" and result.hypotheses:
        hypothesis = result.hypotheses[0]
        body = _text_lines(hypothesis.text, hypothesis.judgement, width, left)
        return [head, *body, *notes]
    body = hypothesis_lines(result, width, counts=left is None or left >= COUNTED_LINES)
    if left is None or len(body) <= left:
        return [head, *body, *notes]
    position = result.recovered_at if result.decoding.order == "ranked" else None
    if position is not None and position > left:
        return [head, *body[: left - 1], body[position - 1]]
    return [head, *body[:left]]


def _headline(result: Redecode, demoted: bool, width: int) -> Line:
    """What came of it on the left; what the figures are and what it cost on the right."""
    paint = "right" if result.recovered_at else "dim"
    sentence = _outcome(result, demoted=demoted)
    left: list[Piece] = [(f"{result_mark(result, demoted=demoted)} ", paint), (sentence, paint)]
    measure = result.measure
    if result.decoding.order == "single" and result.hypotheses:
        measure = f"{measure} {decimal(result.hypotheses[0].figure)}"
    facts = [fact for fact in (_cost(result), measure) if fact]
    while facts:
        right = "   ".join(facts)
        room = width - width_of(left) - len(right)
        if room >= 2:
            return [*left, (" " * room, ""), (right, "dim")]
        facts.pop(0)
    return one_line(left, width)


def _outcome(result: Redecode, *, demoted: bool) -> str:
    """Where the gold answer is among the hypotheses; the mark before it says whether it was gone.

    Which decoding it is stands in the row.
    """
    decoding = result.decoding
    if not result.judged:
        return NO_GOLD
    match decoding.order:
        case "single":
            if demoted:
                return "brought back" if result.right else "not brought back"
            return "has it" if result.right else "does not have it"
        case "counted":
            return f"{result.right or 'none'} of {decoding.hypotheses} {decoding.noun}s"
        case "ranked":
            total = len(result.hypotheses)
            if result.recovered_at is None:
                return f"none of {total} {decoding.noun}s"
            return f"{decoding.noun} {result.recovered_at} of {total}"


def _cost(result: Redecode) -> str:
    if result.prompt_tokens is None or result.generated_tokens is None:
        return ""
    return f"{result.prompt_tokens} + {result.generated_tokens} tokens"


def _in_one_line(result: Redecode, demoted: bool, width: int) -> Line:
    right = [one for one in result.hypotheses if one.judgement.correct]
    shown: Hypothesis | None = next(iter(right or result.hypotheses), None)
    mark = result_mark(result, demoted=demoted)
    paint = "right" if right else "dim"
    place = {
        "single": "",
        "ranked": f"{result.recovered_at or 'none'} of {len(result.hypotheses)}  ",
        "counted": f"{result.right or 'none'} of {result.decoding.hypotheses}  ",
    }[result.decoding.order if result.judged else "single"]
    lead: list[Piece] = [(f"{mark} {place}", paint)]
    if shown is None:
        return one_line(lead, width)
    return _with_figure(lead, shown.text, shown.judgement, shown.figure, width)


def _scored_lines(answer: Answer, width: int, height: int | None) -> list[Line]:
    correct = answer.judgement.correct
    mark: list[Piece] = [(f"{verdict_mark(correct)} ", verdict_paint(correct))]
    figure = answer.log_probability
    if height == 1:
        return [_with_figure(mark, answer.text, answer.judgement, figure, width)]
    note = "" if figure is None else f"log p {decimal(figure)}"
    said = one_line([*mark, ("as scored", "dim")], width)
    space = width - width_of(said) - len(note)
    head: Line = [*said, (" " * space, ""), (note, "dim")] if space >= 2 else said
    left = None if height is None else height - 1
    return [head, *_text_lines(answer.text, answer.judgement, width, left)]


def _with_figure(
    lead: list[Piece], text: str, judgement: Judgement, figure: float | None, width: int
) -> Line:
    """A lead, a text around the gold answer, and a figure at the right edge, on one line."""
    number = "" if figure is None else f" {decimal(figure)}"
    room = max(width - width_of(lead) - len(number), 4)
    line = one_line(around_gold(text, judgement, room), room)
    return [*lead, *line, (" " * (room - width_of(line)), ""), (number, "dim")]


def _text_lines(text: str, judgement: Judgement, width: int, most: int | None) -> list[Line]:
    """A text in a few lines, the gold answer among them."""
    most = TEXT_LINES if most is None else min(most, TEXT_LINES)
    # Words that are moved to the next line leave cells empty.
    pieces = around_gold(text, judgement, max((width - 2) * most - 8 * (most - 1), 4))
    lines = wrap([("  ", ""), *pieces], width, indent=2)
    return lines[:most]


def heading_pieces(label: str, target: bool, answer: Answer | None, rank: str) -> Line:
    """What stands over a column: the variant, whether a re-decode runs on it, and its answer."""
    correct = None if answer is None else answer.judgement.correct
    pieces: Line = [
        ("▸ " if target else "  ", "key"),
        (displayable(label), "active" if target else "strong"),
        (f"  {verdict_mark(correct)}", verdict_paint(correct)),
    ]
    if rank:
        pieces.append((f"  {rank}", "dim"))
    return pieces
