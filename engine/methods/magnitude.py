"""Magnitude pruning: the baseline of the Wanda paper (Sun et al. 2023, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.methods.amounts import PRUNING, Pattern
from engine.methods.method import Compression, Method, Target, masked
from engine.methods.scores import lowest_in_rows

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics


def _compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
    """The smallest ⌊weights · sparsity⌋ of the whole matrix, or of each row (+rows, N:M), go."""
    from engine.methods.kernels.selection import lowest_overall

    size = weight.abs()
    if isinstance(target.recipe.amount, Pattern) or "rows" in target.recipe.modifiers:
        gone = lowest_in_rows(size, target)
    else:
        gone = lowest_overall(size, int(size.numel() * target.sparsity))
    return masked(weight, statistics, gone)


METHOD = Method(
    name="magnitude",
    help="smallest weights of each matrix",
    takes=PRUNING,
    compress=_compress,
    takes_rows=True,
)
