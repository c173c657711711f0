"""Options for items without any, drawn from the gold answers of other items."""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

from engine.items.folding import fold, overlap
from engine.records.items import Item

COUNT = 3
"""Distractors per item: with the gold answer four options, as most benchmarks ship."""
NEIGHBOURS = 24
"""How many candidates distractors are drawn from: those closest in length to the gold answer."""

_MONTHS = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|enero|febrero|marzo|abril|mayo|junio|"
    r"julio|agosto|septiembre|octubre|noviembre|diciembre|janvier|février|avril|mai|juin|juillet|"
    r"août|septembre|octobre|novembre|décembre|januar|februar|märz|juni|juli|oktober|dezember|"
    r"январ|феврал|март|апрел|июн|июл|август|сентябр|октябр|ноябр|декабр|يناير|فبراير|مارس|"
    r"أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d+\s*[年月日]")
_NUMBER = re.compile(r"[\d.,'’٫٬\s]+")
_YEAR = re.compile(r"1\d{3}|20\d{2}")

AnswerShape = Literal["date", "number", "quantity", "name", "term", "phrase"]


def answer_shape(text: str) -> AnswerShape:
    """What an answer looks like.

    Returns:
        "date" (or a year), "number", "quantity" (a number and what is counted),
        "name" (capital letters first and last, as far as the script has any), "term" (another
        short answer), or "phrase".
    """
    stripped = text.strip()
    if any(character.isdigit() for character in stripped):
        if _DATE.search(text) or _MONTHS.search(text) or _YEAR.fullmatch(stripped):
            return "date"
        if _NUMBER.fullmatch(stripped):
            return "number"
        if next(character for character in stripped if character.isalnum()).isdigit():
            return "quantity"
    words = stripped.split()
    if len(words) > 4 or len(stripped) > 40:
        return "phrase"
    lower = any(word[0].islower() for word in (words[0], words[-1]))
    return "term" if lower else "name"


class _Pool:
    """Gold answers of one language, kind and shape, shortest first, each with its aliases."""

    def __init__(self, items: Sequence[Item]) -> None:
        golds: dict[str, tuple[str, set[str]]] = {}
        self._synonyms: dict[str, set[str]] = defaultdict(set)
        for item in items:
            folded = {fold(answer) for answer in item.answers}
            golds.setdefault(fold(item.gold), (item.gold, set()))[1].update(folded)
            for answer in folded:
                self._synonyms[answer] |= folded
        self._entries = sorted(golds.values(), key=lambda entry: (len(entry[0]), entry[0]))
        self._lengths = [len(gold) for gold, _ in self._entries]

    def nearest(self, item: Item) -> list[str]:
        """Golds that don't answer `item`, closest in length first, at most `NEIGHBOURS`."""
        answers = {fold(answer) for answer in item.answers}
        answers = answers.union(*(self._synonyms.get(answer, ()) for answer in answers))
        words = {word for answer in answers for word in answer.split()}
        length = len(item.gold)
        above = bisect_left(self._lengths, length)
        below = above - 1
        nearest: list[str] = []
        while len(nearest) < NEIGHBOURS and (below >= 0 or above < len(self._entries)):
            use_above = below < 0 or (
                above < len(self._entries)
                and self._lengths[above] - length <= length - self._lengths[below]
            )
            gold, other_answers = self._entries[above if use_above else below]
            above, below = (above + 1, below) if use_above else (above, below - 1)
            if not _any_overlap(answers, words, other_answers):
                nearest.append(gold)
        return nearest


def _any_overlap(
    answers: AbstractSet[str], words: AbstractSet[str], others: AbstractSet[str]
) -> bool:
    """Whether any answer equals or contains any of the others, or is contained in it.

    `words` are the words of `answers`: texts without a common word are quickly ruled out.
    """
    return any(
        overlap(answer, other)
        for other in others
        if not words.isdisjoint(other.split())
        for answer in answers
    )


def with_distractors(
    items: Sequence[Item], seed: int, pool: Sequence[Item] = ()
) -> tuple[Item, ...]:
    """Give every item without options its gold answer and up to `COUNT` distractors as options.

    Distractors are gold answers of other items. They have the gold answer's language, kind and
    shape, are close to it in length, and neither equal nor contain a right answer nor are contained
    in one. The draw depends on the seed and the item's id, not on the items' order. An item stays
    without options where there is no distractor for it.

    Args:
        items: the items; those with options stay as they are.
        seed: of the draw.
        pool: the items whose golds are drawn from; empty for `items`.
    """
    if all(item.options for item in items):
        return tuple(items)
    groups: dict[tuple[str, str | None, AnswerShape], list[Item]] = defaultdict(list)
    wanted = {_group(item) for item in items if not item.options}
    for item in pool or items:
        if (group := _group(item)) in wanted:
            groups[group].append(item)
    pools = {group: _Pool(members) for group, members in groups.items()}
    return tuple(
        item if item.options else _with_options(item, pools[_group(item)].nearest(item), seed)
        for item in items
    )


def _group(item: Item) -> tuple[str, str | None, AnswerShape]:
    return item.language, item.kind, answer_shape(item.gold)


def _with_options(item: Item, candidates: Sequence[str], seed: int) -> Item:
    if not candidates:
        return item
    draw = random.Random(f"{seed}\n{item.id}")
    options = [item.gold, *draw.sample(candidates, min(COUNT, len(candidates)))]
    draw.shuffle(options)
    note = f"golds of other items, seed {seed}"
    return msgspec.structs.replace(item, options=tuple(options), distractors=note)
