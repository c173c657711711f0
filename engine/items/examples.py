"""The solved examples of a prompt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from random import Random

from engine.items.folding import fold
from engine.judging.matching import match
from engine.records.items import Item


def one_shot_example(item: Item, items: Sequence[Item]) -> Item | None:
    """The first other item of the same language and kind with another answer; None without one."""
    return next(_suitable(item, items), None)


def drawn_examples(item: Item, items: Sequence[Item], count: int, seed: int) -> tuple[Item, ...]:
    """Other items of the same language and kind that name none of the item's answers.

    They are drawn without replacement by the seed and the item's id; a greater count only adds to
    them. There are fewer than `count` where not so many can serve.
    """
    digest = hashlib.sha256(f"{seed}\n{item.id}".encode()).digest()
    shuffled = _shuffled(items, Random(int.from_bytes(digest[:8], "little")))
    silent = (other for other in _suitable(item, shuffled) if not _tells(other, item))
    return tuple(islice(silent, count))


def _suitable(item: Item, items: Iterable[Item]) -> Iterator[Item]:
    answers = {fold(answer) for answer in item.answers}
    for other in items:
        if (
            other.id != item.id
            and other.language == item.language
            and other.kind == item.kind
            and answers.isdisjoint(fold(answer) for answer in other.answers)
        ):
            yield other


def _tells(example: Item, item: Item) -> bool:
    """Whether an answer of the item stands in what is shown of the example but its passage."""
    shown = " ".join(filter(None, (example.question, example.stem, example.gold)))
    return any(match(shown, answer, item.language).contained for answer in item.answers)


def _shuffled(items: Sequence[Item], random: Random) -> Iterator[Item]:
    """The items in random order, drawn one by one (Fisher and Yates): most are never asked for."""
    moved: dict[int, int] = {}
    for place in range(len(items)):
        drawn = random.randrange(place, len(items))
        yield items[moved.get(drawn, drawn)]
        moved[drawn] = moved.get(place, place)
