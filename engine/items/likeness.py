"""Whether two questions ask for the same sort of thing, told by how they begin and end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import regex

from engine.items.folding import fold
from engine.records.sums import added

LEAST_WORDS, LEAST_WEIGHT = 2, 1.5
"""Alike are questions with so many words in common at their ends, which weigh so much together.

A word that every question has weighs 0.7, one that half of them have 1.1, one that every tenth has
2.4: "What colour is …" and "What colour are …" are alike, "What colour is …" and "What do …" not.
"""

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}\p{N}]+"
)

Words = tuple[str, ...]


class Common(NamedTuple):
    """What two questions begin and end with.

    Attributes:
        words: how many; characters in scripts without spaces.
        weight: of these words, the more the rarer they are.
    """

    words: int
    weight: float

    @property
    def alike(self) -> bool:
        """Whether it is enough to ask for the same sort of thing."""
        return self.words >= LEAST_WORDS and self.weight >= LEAST_WEIGHT


NOTHING = Common(0, 0.0)


def words_of(question: str) -> Words:
    """The words of a question as they are compared."""
    return tuple(_WORD.findall(fold(question)))


class Frames:
    """The questions of a language, as far as their words are common or rare among them.

    Args:
        questions: all of them, as `words_of` has them.
    """

    def __init__(self, questions: Iterable[Words] = ()) -> None:
        counts: Counter[str] = Counter()
        total = 0
        for words in questions:
            total += 1
            counts.update(set(words))
        self._weights = {word: math.log1p(total / count) for word, count in counts.items()}

    def common(self, one: Words, other: Words) -> Common:
        """What two of the questions begin and end with; nothing for the same question."""
        if one == other:
            return NOTHING
        shortest, begin, end = min(len(one), len(other)), 0, 0
        while begin < shortest and one[begin] == other[begin]:
            begin += 1
        while end < shortest - begin and one[-1 - end] == other[-1 - end]:
            end += 1
        if not begin and not end:
            return NOTHING
        shared = (*one[:begin], *one[len(one) - end :])
        return Common(len(shared), added(self._weights.get(word, 0.0) for word in shared))
