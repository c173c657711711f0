"""The stem that follows from a question: the statement that its answer completes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from engine.judging.tokens import is_unspaced
from engine.records.items import Item

EXAMPLES = 12
"""So many items of a language and kind are looked at."""

_AROUND = " \t?？؟!.。;¿¡"
"""What may stand around a question without being part of it."""

_ENGLISH = re.compile(
    r"(?:what|who|which)\s+(?P<verb>is|are|was|were)\s+(?P<subject>(?:the|\S+['’]s)\s.*\w)",
    re.IGNORECASE | re.DOTALL,
)
_LEFT_OVER = re.compile(
    r"\b(?:called|named|known|like|for|about|of|to|in|from|with|on|at|by|doing|used|made)$",
    re.IGNORECASE,
)
"""A question that ends so asks for something before its end."""


def examples_of_stems(items: Iterable[Item]) -> list[Item]:
    """A few items with a stem of every language and kind, for `proposed_stem`."""
    counts: dict[tuple[str, str | None], int] = {}
    chosen = []
    for item in items:
        group = (item.language, item.kind)
        if item.stem and counts.get(group, 0) < EXAMPLES:
            counts[group] = counts.get(group, 0) + 1
            chosen.append(item)
    return chosen


def proposed_stem(question: str, examples: Iterable[Item]) -> str | None:
    """The stem of a question, as of the examples' or by the rules of English; None for none.

    An example tells where question and example differ in one run of words, which also stands in
    the example's stem: "What is the capital of [China]?", "The capital of [China] is".
    """
    asked = question.strip(_AROUND)
    found = (_by_analogy(asked, item.question.strip(_AROUND), item.stem or "") for item in examples)
    alike = [one for one in found if one is not None]
    if alike:
        return max(alike, key=lambda one: one[0])[1]
    return _english(asked)


def _by_analogy(asked: str, question: str, stem: str) -> tuple[int, str] | None:
    """How many characters the questions have in common, and the stem."""
    first, second = _even(asked), _even(question)
    start = _in_common(first, second)
    if start == len(first) == len(second):
        return start, stem
    while start and (_inside_word(first, start) or _inside_word(second, start)):
        start -= 1
    rest = (first[start:], second[start:])
    end = _in_common(*(text[::-1] for text in rest))
    while end and any(_inside_word(text, len(text) - end) for text in rest):
        end -= 1
    new, old = asked[start : len(asked) - end], question[start : len(question) - end]
    if not new.strip() or not old.strip() or stem.count(old) != 1 or not start + end:
        return None
    if not end and _LEFT_OVER.search(new):
        return None
    return start + end, stem.replace(old, new)


def _in_common(first: str, second: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))


def _even(text: str) -> str:
    """A text in lower case, where that has as many characters."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _inside_word(text: str, place: int) -> bool:
    """Whether the characters before and at a place are of one word."""
    if not 0 < place < len(text):
        return False
    around = text[place - 1], text[place]
    return all(
        unicodedata.category(character)[0] in "LNM" and not is_unspaced(character)
        for character in around
    )


def _english(asked: str) -> str | None:
    found = _ENGLISH.fullmatch(asked)
    if found is None or _LEFT_OVER.search(found["subject"]):
        return None
    subject = found["subject"]
    return f"{subject[0].upper()}{subject[1:]} {found['verb'].lower()}"
