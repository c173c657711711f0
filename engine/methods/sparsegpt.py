"""SparseGPT: pruning that updates the weights that stay (Frantar & Alistarh 2023, 2301.00774)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.methods.amounts import PRUNING, Pattern
from engine.methods.method import Compression, Method, Source, Target

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics


def _compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
    """Weights go by W² / diag(U)², U the factor of H⁻¹ (equation 3; algorithm 1).

    One threshold for every block of 128 columns, over all rows; under N:M, M - N of every M
    consecutive weights of a row (section 3.3).
    """
    from engine.methods.kernels.columns import BLOCK_COLUMNS
    from engine.methods.kernels.selection import lowest_of_every, lowest_overall

    assert statistics is not None
    amount = target.recipe.amount
    unit = amount.of if isinstance(amount, Pattern) else BLOCK_COLUMNS

    def lowest(scores: Tensor) -> Tensor:
        if isinstance(amount, Pattern):
            return lowest_of_every(scores.T.contiguous(), amount.kept, amount.of).T
        return lowest_overall(scores, int(scores.numel() * target.sparsity))

    return _solved(weight, statistics, lambda scores, first: lowest(scores), unit)


def _apply(weight: Tensor, statistics: InputStatistics | None, gone: Tensor) -> Compression:
    """The same update for weights that were chosen otherwise."""
    from engine.methods.kernels.columns import BLOCK_COLUMNS

    assert statistics is not None
    by_column = gone.T
    return _solved(
        weight,
        statistics,
        lambda scores, first: by_column[first : first + len(scores)],
        BLOCK_COLUMNS,
    )


def _solved(
    weight: Tensor,
    statistics: InputStatistics,
    choose: Callable[[Tensor, int], Tensor],
    unit: int,
) -> Compression:
    """Prune `unit` columns after another.

    `choose` takes their scores, `(unit, out_features)`, and the index of the first of them, and
    marks the weights that go.
    """
    import torch

    from engine.methods.kernels.columns import solve_columns

    inverse = statistics.inverse_hessian
    diagonal = inverse.factor.diagonal().unsqueeze(1)
    gone: Tensor = weight.new_empty(0)
    scaled = gone

    def prune(columns: Tensor, index: int, error: Tensor) -> None:
        nonlocal gone, scaled
        place = index % unit
        if place == 0:
            ahead = slice(index, index + unit)
            gone = choose((columns[ahead] / diagonal[ahead]).square(), index)
            scaled = gone / diagonal[ahead]
        torch.mul(columns[index], scaled[place], out=error)
        columns[index].masked_fill_(gone[place], 0)

    return Compression(solve_columns(weight, inverse, prune, unit), inverse.note)


METHOD = Method(
    name="sparsegpt",
    help="second-order pruning; the weights that stay are updated",
    takes=PRUNING,
    needs="gram",
    compress=_compress,
    apply=_apply,
    source=Source("Frantar & Alistarh 2023", "https://arxiv.org/abs/2301.00774"),
)
