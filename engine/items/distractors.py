"""Options for items without any, drawn from the gold answers of other items."""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

import msgspec
import regex

from engine.items.folding import fold, overlap
from engine.items.likeness import NOTHING, Frames, Words, words_of
from engine.records.items import Item

COUNT = 3
"""Distractors per item: with the gold answer four options, as most benchmarks ship."""
NEIGHBOURS = 24
"""How many candidates distractors are drawn from at most: those closest in length to the gold."""
WINDOW = 4 * NEIGHBOURS
"""Without a kind, the golds closest in length of which the questions are compared."""
DRAWN_FROM = 2 * COUNT
"""Without a kind, the draw is from the golds of so many of the most alike questions."""
MOST_QUESTIONS = 8
"""Of a gold that answers many questions, so many are compared."""

ORIGIN = "golds of other items"
"""What an item's options are where they were drawn here."""

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

_SCRIPT = regex.compile(
    r"(?P<east>[\p{Han}\p{Hiragana}\p{Katakana}])|(?P<latin>\p{Latin})|(?P<cyrillic>\p{Cyrillic})"
    r"|(?P<greek>\p{Greek})|(?P<arabic>\p{Arabic})|(?P<hebrew>\p{Hebrew})|(?P<other>\p{L})"
)

AnswerShape = Literal["date", "number", "quantity", "name", "term", "phrase"]
WORDS: frozenset[AnswerShape] = frozenset({"name", "term", "phrase"})
LOOSE: frozenset[AnswerShape] = frozenset({"term", "phrase"})
"""Shapes that say nothing of what is asked for: "blue" and "honey" are both terms."""


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


class _Entry(NamedTuple):
    """A gold answer that may be lent.

    Attributes:
        gold: as it is written.
        answers: it and its aliases, folded.
        script: that it is written in.
        questions: that it answers, by their words.
    """

    gold: str
    answers: set[str]
    script: str | None
    questions: list[Words]


class _Pool:
    """Gold answers of one group, shortest first."""

    def __init__(self, items: Sequence[Item]) -> None:
        golds: dict[str, _Entry] = {}
        self._synonyms: dict[str, set[str]] = defaultdict(set)
        for item in items:
            folded = {fold(answer) for answer in item.answers}
            key = fold(item.gold)
            if key not in golds:
                golds[key] = _Entry(item.gold, set(), _script(item.gold), [])
            golds[key].answers.update(folded)
            if item.kind is None:
                golds[key].questions.append(words_of(item.question))
            for answer in folded:
                self._synonyms[answer] |= folded
        for entry in golds.values():
            entry.questions.sort()
        self._entries = sorted(golds.values(), key=lambda entry: (len(entry.gold), entry.gold))
        self._lengths = [len(entry.gold) for entry in self._entries]

    def candidates(self, item: Item, frames: Frames) -> tuple[list[str], list[str]]:
        """The golds that the distractors of an item are drawn from, and those that make up for it
        where these are too few."""
        if item.kind is not None:
            return [entry.gold for entry in self._nearest(item, NEIGHBOURS)], []
        asked, script = words_of(item.question), _script(item.gold)
        rated: list[tuple[bool, float, int, int, _Entry]] = []
        for distance, entry in enumerate(self._nearest(item, WINDOW)):
            if item.passage is None and entry.script != script:
                continue
            common = NOTHING
            for other in entry.questions[:MOST_QUESTIONS]:
                found = frames.common(asked, other)
                if (found.alike, found.weight) > (common.alike, common.weight):
                    common = found
            rated.append((not common.alike, -common.weight, -len(entry.questions), distance, entry))
        rated.sort(key=lambda each: each[:-1])
        alike = [each[-1].gold for each in rated if not each[0]]
        others = [each[-1].gold for each in rated if each[0]]
        if answer_shape(item.gold) in LOOSE and item.passage is None:
            others = []
        return alike[:DRAWN_FROM], others[:DRAWN_FROM]

    def _nearest(self, item: Item, most: int) -> list[_Entry]:
        """Golds that don't answer `item`, closest in length first, at most so many."""
        answers = {fold(answer) for answer in item.answers}
        answers = answers.union(*(self._synonyms.get(answer, ()) for answer in answers))
        words = {word for answer in answers for word in answer.split()}
        length = len(item.gold)
        above = bisect_left(self._lengths, length)
        below = above - 1
        nearest: list[_Entry] = []
        while len(nearest) < most and (below >= 0 or above < len(self._entries)):
            use_above = below < 0 or (
                above < len(self._entries)
                and self._lengths[above] - length <= length - self._lengths[below]
            )
            entry = self._entries[above if use_above else below]
            above, below = (above + 1, below) if use_above else (above, below - 1)
            if not _any_overlap(answers, words, entry.answers):
                nearest.append(entry)
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
    in one. Of items that don't say their kind they are also in the same script, and the golds whose
    questions begin or end most like the item's go first, of equals those that answer most
    questions. Where no question is like the item's, a term or a phrase gets no options: anything
    else of its shape could be ruled out at a glance ("blue", "seven", "honey"); unless it is about
    a passage, where what counts is whether an option stands in it.

    The draw depends on the seed and the item's id, not on the items' order. An item stays without
    options where there is no distractor for it.

    Args:
        items: the items; those with options stay as they are.
        seed: of the draw.
        pool: the items whose golds are drawn from; empty for `items`.
    """
    if all(item.options for item in items):
        return tuple(items)
    groups: dict[_Group, list[Item]] = defaultdict(list)
    wanted = {_group(item) for item in items if not item.options}
    asked: dict[str, list[Words]] = {group.language: [] for group in wanted if group.kind is None}
    for item in pool or items:
        if (group := _group(item)) in wanted:
            groups[group].append(item)
        if item.language in asked:
            asked[item.language].append(words_of(item.question))
    pools = {group: _Pool(members) for group, members in groups.items()}
    frames = defaultdict(Frames, {tag: Frames(questions) for tag, questions in asked.items()})
    return tuple(
        item
        if item.options
        else _with_options(item, *pools[_group(item)].candidates(item, frames[item.language]), seed)
        for item in items
    )


class _Group(NamedTuple):
    """Whose golds may be distractors of each other."""

    language: str
    kind: str | None
    shape: AnswerShape


def _group(item: Item) -> _Group:
    return _Group(item.language, item.kind, answer_shape(item.gold))


def _script(gold: str) -> str | None:
    """The script of an answer in words; None for any other."""
    found = _SCRIPT.search(gold) if answer_shape(gold) in WORDS else None
    return found.lastgroup if found else None


def _with_options(item: Item, candidates: Sequence[str], others: Sequence[str], seed: int) -> Item:
    if not candidates and not others:
        return item
    draw = random.Random(f"{seed}\n{item.id}")
    options = [item.gold, *draw.sample(candidates, min(COUNT, len(candidates)))]
    missing = COUNT + 1 - len(options)
    options += draw.sample(others, min(missing, len(others)))
    draw.shuffle(options)
    note = f"{ORIGIN}, seed {seed}"
    return msgspec.structs.replace(item, options=tuple(options), distractors=note)
