"""Patch: a heat map of blocks and positions, in shades that need no colour."""

from __future__ import annotations

import math

from engine.records.instruments.instrument import signed
from engine.records.instruments.patch import PatchFinding
from engine.text import displayable, token_text
from tui.drawing.lines import Line, Piece, width_of, wrap
from tui.drawing.probes.labels import Labels

SHADES = " ░▒▓█"
AGAINST = "-"
EDGE = 6


def patch_lines(finding: PatchFinding, labels: Labels, width: int) -> list[Line]:
    """How far towards the other model each activation takes the gold's first token."""
    dense, compressed = map(displayable, labels)
    suffices = finding.instrument.direction == "suffices"
    given, into = (dense, compressed) if suffices else (compressed, dense)
    question = "what suffices" if suffices else "what is needed"
    facts = (
        f"{question}: outputs of single blocks at single positions, from {given} into {into}; "
        f"log-probability of the gold's first token {signed(finding.own)} there, "
        f"{signed(finding.other)} here"
    )
    legend = (
        f"share of the way: {SHADES[1]} a tenth or more, {SHADES[2]} a third, {SHADES[3]} two "
        f"thirds, {SHADES[4]} nine tenths or more, {AGAINST} the other way"
    )
    return [
        *wrap([(displayable(finding.sentence), "strong")], width),
        *wrap([(facts, "dim")], width),
        *_map(finding, width),
        *wrap([(legend, "dim")], width),
        *_positions(finding, width),
    ]


def _map(finding: PatchFinding, width: int) -> list[Line]:
    count = len(finding.tokens)
    room = width - EDGE
    size = max(1, min(3, room // max(count, 1)))
    first = max(0, count - room)
    shown = range(first, count)
    numbers = "".join(
        str(position + 1).ljust(5 * size) if position % 5 == 4 else "" for position in shown
    )
    lead = (4 - first) % 5 * size
    lines: list[Line] = [[(" " * EDGE + " " * lead + numbers, "dim")]]
    for block in range(len(finding.log_probabilities)):
        pieces: list[Piece] = [(f"{block:>4} │", "dim")]
        for position in shown:
            mark = shade(finding.share(block, position))
            paint = "wrong" if mark == AGAINST else "bar-gold"
            text = mark * size
            if pieces[-1][1] == paint and len(pieces) > 1:
                pieces[-1] = (pieces[-1][0] + text, paint)
            else:
                pieces.append((text, paint))
        lines.append(pieces)
    return lines


def shade(share: float) -> str:
    """The character for a share of the way from one model to the other."""
    if math.isnan(share):
        return SHADES[0]
    if share <= -0.1:
        return AGAINST
    limits = (0.1, 1 / 3, 2 / 3, 0.9)
    return SHADES[sum(share >= limit for limit in limits)]


def _positions(finding: PatchFinding, width: int) -> list[Line]:
    lines: list[Line] = [[]]
    for number, token in enumerate(finding.tokens, start=1):
        # A number stands before its token, never at the end of the line above.
        pair: Line = [(f"{number} ", "dim"), (f"{token_text(token)}  ", "")]
        if lines[-1] and width_of([*lines[-1], *pair]) > width + 2:
            lines.append([])
        lines[-1] += pair
    return [part for line in lines for part in wrap(line, width)]
