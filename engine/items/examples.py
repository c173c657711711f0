"""The solved example of a one-shot prompt."""

from __future__ import annotations

from collections.abc import Sequence

from engine.items.folding import fold
from engine.records.items import Item


def one_shot_example(item: Item, items: Sequence[Item]) -> Item | None:
    """The first other item of the same language and kind with another answer; None without one."""
    answers = {fold(answer) for answer in item.answers}
    for other in items:
        if (
            other.id != item.id
            and other.language == item.language
            and other.kind == item.kind
            and answers.isdisjoint(fold(answer) for answer in other.answers)
        ):
            return other
    return None
