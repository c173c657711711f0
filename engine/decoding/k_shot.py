"""Greedy decoding after several solved examples."""

from __future__ import annotations

from collections.abc import Sequence

from engine.decoding.greedy import greedy
from engine.decoding.strategy import Strategy
from engine.items.examples import drawn_examples
from engine.records.decodings.k_shot import KShot
from engine.records.errors import UserError
from engine.records.items import Item


def solved_examples(decoding: KShot, item: Item, items: Sequence[Item]) -> tuple[Item, ...]:
    """The items that are shown solved.

    Raises:
        UserError: there are not so many that can serve.
    """
    examples = drawn_examples(item, items, decoding.count, decoding.seed)
    if len(examples) < decoding.count:
        raise UserError(
            f"only {len(examples)} other items can serve as examples for {item.id}, "
            f"not {decoding.count}",
            "Examples are items of the same language and kind that don't name its answer.",
        )
    return examples


STRATEGY = Strategy(KShot, greedy, solved_examples)
