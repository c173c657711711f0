"""What an answer is judged against beside its own item: the other items of the run.

An index of the run's gold answers finds those that stand in a text without looking at each of
them: it goes by the words' bare letters, and the judge's own comparison has the last word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import islice, pairwise
from typing import NamedTuple

import regex

from engine.judging.languages import affixes
from engine.judging.matching import match
from engine.judging.tokens import is_unspaced, streams
from engine.records.items import Item
from engine.records.languages import primary_language
from engine.text import normalize

FRAME_ITEMS, FRAME_SHARE = 4, 0.5
"""What stands in this share of the questions, of so many at least, is their frame."""

FIRST_WORDS = 8
"""By so many of its words an answer is looked for; the judge says whether the others follow."""

FRAME_SAMPLE = 400
"""So many questions of a group tell its frame."""

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{N}]+"
)
_MARKS = regex.compile(r"\p{M}+")
_ARABIC_ARTICLE = "ال"

Group = tuple[str, str | None]
"""Language and kind: items with the same ones ask for the same kind of thing."""

Words = tuple[str, ...]

_Particles = tuple[tuple[str, ...], tuple[str, ...]]
"""Those that stand before a word, and those after it."""


class Named(NamedTuple):
    """A gold answer of another item that stands in a text.

    Attributes:
        item_id: of the item that it is a gold answer of.
        answer: the gold answer or alias.
        start: where it stands, in code points.
    """

    item_id: str
    answer: str
    start: int


class _Golds(NamedTuple):
    """The gold answers of a group, with their items: by all of their words, and by their first
    ones; and how many of these there are by the very first."""

    answers: dict[Words, list[tuple[str, str]]]
    beginnings: dict[Words, list[tuple[str, str]]]
    lengths: dict[str, set[int]]

    @classmethod
    def empty(cls) -> _Golds:
        return cls({}, {}, {})


class Background:
    """The items of a run, as far as other items' answers are judged by them; made when asked for.

    Args:
        items: of the run.
        answer_tokens: the run's limit of an answer's tokens.
    """

    def __init__(self, items: Collection[Item], answer_tokens: int) -> None:
        self.answer_tokens = answer_tokens
        self._items = items
        self._frames: dict[Group, frozenset[Words]] = {}

    def named(self, text: str, item: Item) -> Iterator[Named]:
        """The gold answers of other items of an item's group that stand in a text.

        Items that share an answer with it are left out.
        """
        index = self._golds.get(_group(item))
        if index is None:
            return
        left_out: set[str] | None = None
        for key in dict.fromkeys(_found(text, item.language, index.lengths)):
            for item_id, answer in index.beginnings.get(key, ()):
                if left_out is None:
                    left_out = self._sharing(item)
                if item_id not in left_out:
                    matched = match(text, answer, item.language)
                    if matched.start is not None:
                        yield Named(item_id, answer, matched.start)

    def frame(self, item: Item) -> frozenset[Words]:
        """The words that most questions of an item's group have, and not only its own.

        In scripts without spaces it is pairs of characters. Empty for a group of few items.
        """
        group = _group(item)
        if group not in self._frames:
            self._frames[group] = self._frame(group)
        return self._frames[group]

    def others(self, item: Item) -> int:
        """How many items there are of an item's group that share none of its answers."""
        return self._sizes[_group(item)] - len(self._sharing(item))

    def _sharing(self, item: Item) -> set[str]:
        """The item and those of its group that share an answer with it."""
        index = self._golds[_group(item)]
        keys = {_key(answer, item.language) for answer in item.answers}
        return {item.id, *(item_id for key in keys for item_id, _ in index.answers.get(key, ()))}

    @cached_property
    def _sizes(self) -> Counter[Group]:
        return Counter(map(_group, self._items))

    @cached_property
    def _golds(self) -> dict[Group, _Golds]:
        index: dict[Group, _Golds] = defaultdict(_Golds.empty)
        for item in self._items:
            golds = index[_group(item)]
            for answer in item.answers:
                if key := _key(answer, item.language):
                    golds.answers.setdefault(key, []).append((item.id, answer))
                    begun = key[:FIRST_WORDS]
                    golds.beginnings.setdefault(begun, []).append((item.id, answer))
                    golds.lengths.setdefault(begun[0], set()).add(len(begun))
        return dict(index)

    def _frame(self, group: Group) -> frozenset[Words]:
        counts: Counter[Words] = Counter()
        sample = list(islice((item for item in self._items if _group(item) == group), FRAME_SAMPLE))
        if len(sample) < FRAME_ITEMS:
            return frozenset()
        for item in sample:
            texts = (item.question, item.stem or "")
            counts.update({unit for text in texts for unit in units(_tokens(text, item.language))})
        return frozenset(unit for unit, n in counts.items() if n >= FRAME_SHARE * len(sample))


def units(words: Iterable[str]) -> list[Words]:
    """What a text is compared by: its words and, in scripts without spaces, pairs of characters."""
    listed = list(words)
    found: list[Words] = [(word,) for word in listed if not is_unspaced(word[0])]
    for pair in pairwise(listed):
        if all(is_unspaced(word[0]) for word in pair):
            found.append(pair)
    return found


def _tokens(text: str, language: str) -> list[str]:
    return [token.text for token in streams(text, language)[0].with_articles]


def _group(item: Item) -> Group:
    return primary_language(item.language), item.kind


def _key(text: str, language: str) -> Words:
    """The words of a text by their bare letters."""
    words = tuple(_WORD.findall(_bare(text)))
    if primary_language(language) == "ar":
        skip = len(_ARABIC_ARTICLE)
        words = tuple(
            word[skip:] if word.startswith(_ARABIC_ARTICLE) and len(word) > skip + 1 else word
            for word in words
        )
    return words


def _bare(text: str) -> str:
    folded = text.casefold()
    if folded.isascii():
        return folded
    return str(_MARKS.sub("", normalize("NFKD", folded)))


def _found(text: str, language: str, lengths: Mapping[str, set[int]]) -> Iterator[Words]:
    """Every run of words in a text that may begin an answer, particles taken off or not."""
    words, particles = _key(text, language), _particles(primary_language(language))
    for first, word in enumerate(words):
        for begun in _without(particles, word):
            for length in lengths.get(begun, ()):
                window = words[first + 1 : first + length]
                if length == 1:
                    yield (begun,)
                elif len(window) == length - 1:
                    for ended in _without(particles, window[-1]):
                        yield (begun, *window[:-1], ended)


def _without(particles: _Particles, word: str) -> Iterator[str]:
    """A word, and what is left of it without one of its language's particles."""
    yield word
    before, after = particles
    for particle in before:
        if word.startswith(particle):
            yield word[len(particle) :]
    for particle in after:
        if word.endswith(particle):
            yield word[: -len(particle)]


@cache
def _particles(language: str) -> _Particles:
    known = affixes(language)
    return tuple(map(_bare, known.before)), tuple(map(_bare, known.after))
