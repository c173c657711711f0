"""Greedy decoding after a solved example."""

from __future__ import annotations

from collections.abc import Sequence

from engine.decoding.greedy import greedy
from engine.decoding.strategy import Strategy
from engine.items.examples import one_shot_example
from engine.records.decodings.one_shot import OneShot
from engine.records.errors import UserError
from engine.records.items import Item


def solved_example(decoding: OneShot, item: Item, items: Sequence[Item]) -> tuple[Item]:
    """The item that is shown solved.

    Raises:
        UserError: it isn't there, or would give the answer away.
    """
    if decoding.example is None:
        example = one_shot_example(item, items)
        if example is None:
            raise UserError(
                f"no other item can serve as an example for {item.id}",
                "A one-shot prompt needs another item of the same language with another answer.",
            )
        return (example,)
    example = next((other for other in items if other.id == decoding.example), None)
    if example is None:
        raise UserError(f"there is no item {decoding.example}", "Choose an item of this run.")
    if set(example.answers) & set(item.answers):
        raise UserError(
            f"{example.id} has the same answer as {item.id}: it would give the answer away",
            "Choose an item with another answer.",
        )
    return (example,)


STRATEGY = Strategy(OneShot, greedy, solved_example)
