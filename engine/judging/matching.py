"""How well one answer matches one gold answer, under every rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from engine.judging.characters import characters
from engine.judging.languages import NO_AFFIXES, Affixes, affixes
from engine.judging.tokens import Level, Stream, Token, is_katakana, streams


class Match(NamedTuple):
    """Every rule's result for one gold answer.

    Attributes:
        exact: whether the answer is the gold answer and nothing else.
        contained: whether the gold answer stands in the answer.
        f1: of the tokens.
        start: of the contained gold answer in the raw text, in code points.
        end: its end.
        affixed: whether a particle is attached to it ("وباريس", "파리는").
        folded: whether it differs from the gold answer by its accents.
    """

    exact: bool = False
    contained: bool = False
    f1: float = 0.0
    start: int | None = None
    end: int | None = None
    affixed: bool = False
    folded: bool = False


class _Found(NamedTuple):
    """Where gold words stand: their first token in the answer, and their raw span."""

    first: int
    start: int
    end: int
    affixed: bool


def match(text: str, gold: str, language: str) -> Match:
    """Compare an answer with a gold answer.

    Contained means: the gold answer's tokens stand in the answer one after the other, whole.
    Tokens are words, or characters in scripts without spaces, where a katakana word still has to
    be whole. In Arabic, Hebrew and Korean a particle from a closed list may be attached; case
    endings (Russian, Finnish, Turkish without an apostrophe) may not: aliases are for these.
    """
    level = _level(gold, language)
    if level is None:
        return Match()
    golds = streams(gold, language, level)
    answers = streams(text, language, level)
    f1 = max(
        token_f1(answer.words, candidate.words) for answer, candidate in product(answers, golds)
    )
    particles = affixes(language) if level is Level.WORDS else NO_AFFIXES
    for candidate, answer in product(golds, answers):
        found = _find(answer, candidate.words, particles)
        if found is None:
            continue
        start = _start_with_articles(answer, candidate, found)
        return Match(
            exact=answer.words == candidate.words,
            contained=True,
            f1=f1,
            start=start,
            end=found.end,
            affixed=found.affixed,
            folded=_accents_differ(text[start : found.end], gold),
        )
    return Match(f1=f1)


def token_f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    """F1 over the multiset of tokens (SQuAD); Korean words count by syllable, as in KorQuAD."""
    left, right = Counter(_units(answer)), Counter(_units(gold))
    common = (left & right).total()
    return 2 * common / (left.total() + right.total()) if common else 0.0


def _units(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        if any("\uac00" <= character <= "\ud7a3" for character in word):
            yield from word
        else:
            yield word


def _level(gold: str, language: str) -> Level | None:
    """The first level at which something of the gold answer is left; None if nothing ever is."""
    for level in Level:
        if streams(gold, language, level)[0].tokens:
            return level
    return None


def _find(answer: Stream, gold: tuple[str, ...], particles: Affixes) -> _Found | None:
    """Where the gold words stand in the answer, plainly first, then with a particle attached.

    The time it takes grows with the words of both, not with their product.
    """
    words, tokens, length = answer.words, answer.tokens, len(gold)
    for first in _occurrences(words, gold):
        if not _inside_katakana(tokens, first, first + length - 1):
            return _Found(first, tokens[first].start, tokens[first + length - 1].end, False)
    if particles.shortest:
        # Particles stand at the ends; what is between the first and the last word has none.
        for inner in _occurrences(words[1 : len(words) - 1] if length > 1 else words, gold[1:-1]):
            first, last = inner, inner + length - 1
            if last >= len(words):
                break
            cut = _cut(words[first], words[last], gold, particles)
            if cut is not None:
                before, after = cut
                start, end = tokens[first].starts[before], tokens[last].ends[-1 - after]
                return _Found(first, start, end, True)
    return None


def _occurrences(words: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Every place at which the wanted words stand one after the other (Knuth, Morris, Pratt)."""
    if not wanted:
        yield from range(len(words) + 1)
        return
    # For each of the wanted words: how many of those that end with it are also the first ones.
    borders = [0] * len(wanted)
    same = 0
    for place in range(1, len(wanted)):
        while same and wanted[place] != wanted[same]:
            same = borders[same - 1]
        same += wanted[place] == wanted[same]
        borders[place] = same
    same = 0
    for place, word in enumerate(words):
        while same and (same == len(wanted) or word != wanted[same]):
            same = borders[same - 1]
        same += word == wanted[same]
        if same == len(wanted):
            yield place - same + 1


def _cut(
    first: str, last: str, gold: tuple[str, ...], particles: Affixes
) -> tuple[int, int] | None:
    """How many characters of particles to take off the ends of what begins with one word and ends
    with another so that it is the gold answer."""
    before = _particle(first, gold[0], particles.before, particles.shortest, at_end=False)
    after = _particle(last, gold[-1], particles.after, particles.shortest, at_end=True)
    if len(gold) == 1:
        found = first[before : len(first) - after] == gold[0]
    else:
        found = first[before:] == gold[0] and last[: len(last) - after] == gold[-1]
    return (before, after) if found else None


def _particle(word: str, gold: str, known: frozenset[str], shortest: int, *, at_end: bool) -> int:
    length = len(word) - len(gold)
    if length <= 0 or len(gold) < shortest:
        return 0
    kept, particle = (word[:-length], word[-length:]) if at_end else (word[length:], word[:length])
    return length if kept == gold and particle in known else 0


def _inside_katakana(answer: Sequence[Token], first: int, last: int) -> bool:
    """Whether a longer katakana word goes on at either end ("パリ" in "パリス")."""
    edges = ((first - 1, first), (last, last + 1))
    return any(
        left >= 0
        and right < len(answer)
        and answer[left].end == answer[right].start
        and is_katakana(answer[left].text[-1])
        and is_katakana(answer[right].text[0])
        for left, right in edges
    )


def _start_with_articles(answer: Stream, gold: Stream, found: _Found) -> int:
    """The start of the match, with the articles before it that the gold answer has as well."""
    lead = gold.with_articles.index(gold.tokens[0])
    first = answer.with_articles.index(answer.tokens[found.first])
    before = answer.with_articles[max(first - lead, 0) : first]
    if lead and _words(before) == _words(gold.with_articles[:lead]):
        return before[0].start
    return found.start


def _words(tokens: Sequence[Token]) -> list[str]:
    return [token.text for token in tokens]


def _accents_differ(raw: str, gold: str) -> bool:
    """Whether two texts that are equal without accents differ with them."""
    if raw.isascii() and gold.isascii():
        return False
    same_letters = _letters(raw, False) == _letters(gold, False)
    return same_letters and _letters(raw, True) != _letters(gold, True)


def _letters(text: str, accents: bool) -> list[str]:
    folded = (character.text for character in characters(text, accents=accents))
    return [letter for letter in folded if letter.isalpha()]
