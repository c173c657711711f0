"""Cutting a long passage around its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

MARK = "…"

_SENTENCE = re.compile(
    r".+?(?:[.!?؟۔।…]+[\"'»”’)\]]*(?=\s)|[。！？]+[」』”’）]*|\n|$)\s*", re.DOTALL
)


def cut_passage(passage: str, answers: Sequence[str], max_characters: int) -> str:
    """The part of a passage around its answer, in whole sentences where they fit.

    Args:
        passage: the whole text.
        answers: right answers; the first that the passage contains is kept.
        max_characters: the greatest length of the result, the marks included.

    Returns:
        A part of the passage, with "…" where it was cut; the beginning where the passage contains
        no answer.
    """
    if len(passage) <= max_characters:
        return passage
    room = max_characters - 2 * len(MARK)
    if room <= 0:
        return passage[:max_characters]
    start, end = _answer_span(passage, answers)
    sentences = [match.span() for match in _SENTENCE.finditer(passage) if match.group()]
    touched = [
        index
        for index, (begin, stop) in enumerate(sentences)
        if begin < max(end, 1) and stop > start
    ]
    first, last = touched[0], touched[-1]
    if sentences[last][1] - sentences[first][0] > room:
        begin, stop = _centred(len(passage), start, end, room)
    else:
        first, last = _grown(sentences, first, last, room)
        begin, stop = sentences[first][0], sentences[last][1]
    kept = passage[begin:stop].strip()
    before = MARK if passage[:begin].strip() else ""
    after = MARK if passage[stop:].strip() else ""
    return f"{before}{kept}{after}"


def _answer_span(passage: str, answers: Sequence[str]) -> tuple[int, int]:
    lowered = passage.lower()
    # Lower case may change a text's length ("İ"): then positions no longer correspond.
    texts = [passage, lowered] if len(lowered) == len(passage) else [passage]
    for answer in answers:
        for text, sought in zip(texts, (answer, answer.lower()), strict=False):
            start = text.find(sought) if sought else -1
            if start >= 0:
                return start, start + len(sought)
    return 0, 0


def _grown(
    sentences: Sequence[tuple[int, int]], first: int, last: int, room: int
) -> tuple[int, int]:
    """The sentences from `first` to `last` with as many neighbours on both sides as fit."""
    while True:
        grown = False
        if last + 1 < len(sentences) and sentences[last + 1][1] - sentences[first][0] <= room:
            last, grown = last + 1, True
        if first > 0 and sentences[last][1] - sentences[first - 1][0] <= room:
            first, grown = first - 1, True
        if not grown:
            return first, last


def _centred(length: int, start: int, end: int, room: int) -> tuple[int, int]:
    """`room` characters with the span in their middle."""
    begin = max(0, min(start - max(0, room - (end - start)) // 2, length - room))
    return begin, begin + room
