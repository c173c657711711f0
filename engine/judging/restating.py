"""Whether an answer gives back its question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.judging.background import Background, units
from engine.judging.matching import match
from engine.judging.tokens import is_unspaced, streams
from engine.records.items import Item
from engine.records.scores import Failure

RESTATED_SHARE, RESTATED_WORDS = 0.6, 2
"""This share of the words of the first line, so many at least, is of question and stem, or it
begins with more than so many of them."""

EDGES = " \t.,;:!?\"'“”‘’«»()[]*_。，、！？؟।،"
"""What may stand around an answer without being part of it."""

_SENTENCE_END = re.compile(r"(?<=[.!?؟।])\s|[\n。！？]")
_RESTATES = Failure(mode="restates", explanation="restates the question")


def echo(text: str, item: Item, background: Background) -> Failure | None:
    """The failure of an answer whose first sentence is a part of the question or stem.

    The part neither begins nor ends with what is in most questions of its kind: "China", but not
    "the capital of China".
    """
    sentence = next(filter(None, map(_trimmed, _SENTENCE_END.split(text))), "")
    words = streams(sentence, item.language)[0].words
    if not words:
        return None
    frame = background.frame(item)
    compared = units(words)
    if not compared or compared[0] in frame or compared[-1] in frame:
        return None
    for asked in filter(None, (item.question, item.stem)):
        shorter = len(words) < len(streams(asked, item.language)[0].words)
        if shorter and match(asked, sentence, item.language).contained:
            start = text.index(sentence)
            explanation = f"echoes ‘{sentence}’ from the question"
            return Failure(mode="echo", explanation=explanation, text=sentence, start=start)
    return None


def restates(text: str, item: Item, background: Background, at_limit: bool) -> Failure | None:
    """The failure of an answer whose first line says what question or stem say, and no more.

    Most of its words stand there in the same order, or those that it begins with do. Where it says
    the question in full and ends with another word, that is an answer. `at_limit` says that the
    last word may be begun only.
    """
    line = next(filter(str.strip, text.split("\n")), "")
    words = words_of(line, item.language)
    if not words:
        return None
    if at_limit and len(words) > 1:
        words.pop()
    asked = [words_of(each, item.language) for each in (item.question, item.stem or "")]
    stem = asked[-1]
    past = 0
    while stem and words[past : past + len(stem)] == stem:
        past += len(stem)
    words = words[past:]
    if not words:
        return _RESTATES
    known = {run for each in asked for run in _runs(each)}
    covered = [False] * len(words)
    for first, run in enumerate(_runs(words)):
        if run in known:
            covered[first : first + len(run)] = [True] * len(run)
    begun = covered.index(False) if False in covered else len(covered)
    new = not any(words[-1] in each for each in asked)
    if len(words) == 1:
        restated = not new
    elif new and _has_subject(words, item, background):
        # The question in full, and then something else: that is an answer.
        restated = False
    else:
        share = max(RESTATED_WORDS, RESTATED_SHARE * len(words))
        restated = sum(covered) >= share or begun > RESTATED_WORDS
    return _RESTATES if restated else None


def _has_subject(words: Sequence[str], item: Item, background: Background) -> bool:
    """Whether all that sets the question apart from others of its kind is among the words."""
    frame = background.frame(item)
    subject = set(units(words_of(item.question, item.language))) - frame
    return bool(frame) and subject <= set(units(words))


def words_of(text: str, language: str) -> list[str]:
    """The words of a text as they are compared, articles among them."""
    return [token.text for token in streams(text, language)[0].with_articles]


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    """From every place but the last: two words or, of a script without spaces, three characters."""
    return [
        tuple(words[first : first + (3 if is_unspaced(words[first][0]) else 2)])
        for first in range(len(words) - 1)
    ]


def _trimmed(text: str) -> str:
    return text.strip(EDGES)
