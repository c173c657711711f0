"""What a re-decode brought, as lines: its hypotheses, and what took part in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.analysis.outcomes import verdict_mark
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.scores import Judgement
from engine.text import displayable, fit, room_for, truncated
from tui.drawing.lines import Line, Piece, one_line, width_of
from tui.drawing.marks import decimal

FIGURE_CELLS = 8
BEGINNING_CELLS = 24
"""From so many on, a text that is cut before the gold answer shows how it begins."""


class Names(NamedTuple):
    """What a run's names stand for on screen.

    Attributes:
        variant: what a variant is called, by its name.
        item: what an item is called, by its id.
        demoted: whether an item, by its id, is answered wrongly by a compressed variant.
    """

    variant: Callable[[str], str]
    item: Callable[[str], str]
    demoted: Callable[[str, str], bool]


def result_mark(result: Redecode, *, demoted: bool) -> str:
    """The gold answer is there, again where it was demoted; or it is not."""
    if result.recovered_at is None:
        return verdict_mark(False if result.judged else None)
    return "↩" if demoted else verdict_mark(True)


def note_pieces(result: Redecode, names: Names) -> list[list[Piece]]:
    """What took part in a re-decode beside its variant: the examples, the other variant."""
    notes: list[list[Piece]] = []
    if result.example_ids:
        examples = "  ·  ".join(displayable(names.item(id_)) for id_ in result.example_ids)
        notes.append([(f"after  {examples}", "dim")])
    if result.partner is not None:
        notes.append([(f"log p minus that of {names.variant(result.partner)}", "dim")])
    return notes


def hypothesis_lines(result: Redecode, width: int, *, counts: bool = True) -> list[Line]:
    """Every hypothesis on a line; samples that are right first, under how many they are, unless
    there is no room for these `counts`."""
    cells = 1 + max((len(decimal(one.figure)) for one in result.hypotheses), default=0)
    if result.decoding.order != "counted":
        return [
            hypothesis_line(hypothesis, str(position), width, cells)
            for position, hypothesis in enumerate(result.hypotheses, start=1)
        ]
    lines: list[Line] = []
    for correct, word in ((True, "right"), (False, "wrong"), (None, "")):
        group = [one for one in result.hypotheses if one.judgement.correct is correct]
        if group and counts and word:
            count = f"{sum(one.count for one in group)} {word}"
            lines.append([(f" {verdict_mark(correct)} ", word), (count, word)])
        lines += [hypothesis_line(one, f"{one.count}×", width, cells) for one in group]
    return lines


def hypothesis_line(
    hypothesis: Hypothesis, lead: str, width: int, figure_cells: int = FIGURE_CELLS
) -> Line:
    """One hypothesis on one line: its position or count, verdict, text around the gold answer, and
    what ranked it or its log-probability."""
    correct = hypothesis.judgement.correct
    figure = fit(decimal(hypothesis.figure), figure_cells, align="right")
    room = max(width - 6 - len(figure), 4)
    line = one_line(around_gold(hypothesis.text, hypothesis.judgement, room), room)
    return [
        (fit(lead, 3, align="right"), "dim"),
        (f" {verdict_mark(correct) if correct else ' '} ", "right"),
        *line,
        (" " * (room - width_of(line)), ""),
        (figure, "dim"),
    ]


def around_gold(text: str, judgement: Judgement, room: int) -> list[Piece]:
    """A text on one line, cut on both sides of the gold answer where it has more cells than `room`.

    Without a gold answer in it, its end is cut.
    """
    start, end = judgement.start, judgement.end
    if start is None or end is None or end <= start:
        return [(truncated(displayable(text.strip(" ")), room) or "∅", "")]
    before = displayable(text[:start].lstrip(" "))
    gold = displayable(text[start:end])
    after = displayable(text[end:].rstrip(" "))
    left = room - room_for(gold)
    if left <= 0:
        return [(truncated(gold, room), "gold")]
    # What comes before the gold answer tells how it came about; what follows may be cut first.
    most = max(left - room_for(after), 2 * left // 3)
    before = truncated(before, most, elide="middle" if most >= BEGINNING_CELLS else "start")
    after = truncated(after, left - room_for(before))
    return [(before, ""), (gold, "gold"), (after, "")]
