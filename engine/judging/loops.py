"""Text that repeats itself to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.judging.tokens import Level, Token, is_unspaced, streams

SPAN_WEIGHT = 5
"""What a repeated span comes to at least, a word counting 2 and a character of a script without
spaces 1: "Pago Pago" and 天天 are no loops."""

CHARACTERS, REPEATS = 12, 4
"""Within a word so many characters have to be repeats of one span, which stands there so often."""

_BROKEN = "\ufffd"
"""What is left of a character of which only some bytes were generated."""


class Loop(NamedTuple):
    """A span that is repeated to the end of a text.

    Attributes:
        onset: the first unit of its first occurrence, from 1.
        period: units from one occurrence to the next.
        unit: what is counted: "word", or "character" in scripts without spaces and within a word.
        start: of its first occurrence in the raw text, in code points.
    """

    onset: int
    period: int
    unit: Literal["word", "character"]
    start: int


def find_loop(text: str, language: str, *, cut: bool) -> Loop | None:
    """The span that is repeated to the text's end; None where it doesn't end so.

    A span counts where it stands there twice in full and comes to three words or five characters
    of a script without spaces, or three times and comes to that much in all. Within a word, or of
    nothing but punctuation, it has to stand there four times and fill twelve characters. Its last
    occurrence may be begun only; `cut` says that the last word may be, too.
    """
    text = text.rstrip(_BROKEN)
    tokens = streams(text, language)[0].with_articles
    found = _repeated([token.text for token in tokens], cut=cut)
    for onset, period in found:
        weights = [_weight(token) for token in tokens[onset:]]
        enough = sum(weights[:period] if len(weights) < 3 * period else weights)
        if enough >= SPAN_WEIGHT:
            spaced = sum(weights[:period]) >= 1.5 * period
            return Loop(onset + 1, period, "word" if spaced else "character", tokens[onset].start)
    visible = streams(text, language, Level.PLAIN)[0].tokens
    for onset, period in _repeated([token.text for token in visible], cut=False):
        covered = len(visible) - onset
        if covered >= max(CHARACTERS, REPEATS * period):
            return Loop(onset + 1, period, "character", visible[onset].start)
    return None


def _weight(token: Token) -> int:
    return 1 if is_unspaced(token.text[0]) else 2


def _repeated(units: Sequence[str], *, cut: bool) -> list[tuple[int, int]]:
    """Onset (from 0) and period of every span that is repeated to the end, twice or more.

    The one that covers most of the text comes first, of equals the one with the shorter period.
    """
    found = []
    last = len(units) - 1
    # From the end: so many units before the last one are those one period earlier.
    same = [*_in_common(units[:last][::-1]), 0]
    for period in range(1, len(units) // 2 + 1):
        first = last - period
        if units[first] != units[last] and not (cut and units[first].startswith(units[last])):
            continue
        onset = first - same[period]
        if len(units) - onset >= 2 * period:
            found.append((onset, period))
    return sorted(found)


def _in_common(units: Sequence[str]) -> list[int]:
    """For each place how many units from there on are those from the beginning on, found in time
    that grows with their number (Gusfield's Z)."""
    common = [0] * len(units)
    start = end = 0
    for place in range(1, len(units)):
        length = min(end - place, common[place - start]) if place < end else 0
        while place + length < len(units) and units[length] == units[place + length]:
            length += 1
        if place + length > end:
            start, end = place, place + length
        common[place] = length
    return common
