"""Blocks that are left dense at a price, and what else can be had for it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from engine.methods.amounts import Checkpoint
from engine.methods.levers import SHARE_DIGITS, pruned_to, uniform_at
from engine.records.recipes import Recipe


def kept_blocks(gains: Sequence[float], share: float, seed: int) -> tuple[list[int], list[int]]:
    """The blocks that the gold answers gain most from, and as many others at random.

    Args:
        gains: of every block.
        share: of the blocks; one at least.
        seed: of the random ones, which are other ones in part at least where there are others.
    """
    every = range(len(gains))
    count = max(1, round(share * len(gains)))
    chosen = sorted(every, key=lambda block: (-gains[block], block))[:count]
    order = random.Random(seed)
    drawn = order.sample(every, count)
    while set(drawn) == set(chosen) and count < len(gains):
        drawn = order.sample(every, count)
    return chosen, drawn


def at_the_same_cost(recipe: Recipe, sparsity: float) -> tuple[Recipe, ...]:
    """What the same sparsity gives when it is spread over all blocks: the recipe uniform and by
    OWL; beside a finished checkpoint the dense model pruned anew, where it has zeros at all."""
    if not isinstance(recipe.amount, Checkpoint):
        matched = (uniform_at(recipe, sparsity), uniform_at(recipe, sparsity, owl=True))
        return tuple(one for one in matched if one is not None)
    return pruned_to(sparsity) if round(sparsity, SHARE_DIGITS) > 0 else ()
