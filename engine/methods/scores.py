"""Pruning by a score for every weight: what Wanda, RIA and many others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.methods.amounts import Pattern
from engine.methods.method import Compress, Compression, Target, masked

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics


def pruning(scores: Callable[[Tensor, InputStatistics], Tensor]) -> Compress:
    """Pruning by a score: the lowest of every output row become zero."""

    def compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
        assert statistics is not None
        return masked(weight, None, lowest_in_rows(scores(weight, statistics), target))

    return compress


def lowest_in_rows(scores: Tensor, target: Target) -> Tensor:
    """Mark what goes when every output row is compared by itself.

    ⌊in_features · sparsity⌋ weights of each row, or M - N of every M under N:M.
    """
    from engine.methods.kernels.selection import lowest_of_every, lowest_per_row

    match target.recipe.amount:
        case Pattern(kept, of):
            return lowest_of_every(scores, kept, of)
        case _:
            return lowest_per_row(scores, int(scores.shape[1] * target.sparsity))
