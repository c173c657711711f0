"""SparseGPT: pruning that updates the weights that stay (Frantar & Alistarh 2023, 2301.00774)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.methods.amounts import PRUNING, Pattern
from engine.methods.method import Compression, Method, Source, Target

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.columns import Replace
    from engine.methods.kernels.inputs import InputStatistics


def _compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
    """Weights go by W² / diag(U)², U the factor of H⁻¹ (equation 3; algorithm 1).

    One threshold for every block of 128 columns, over all rows; under N:M, M - N of every M
    consecutive weights of a row (section 3.3).
    """
    from engine.methods.kernels.columns import BLOCK_COLUMNS, block_columns_for
    from engine.methods.kernels.selection import lowest_of_every, lowest_overall

    assert statistics is not None
    amount = target.recipe.amount
    diagonal = statistics.inverse_hessian.factor.diagonal().unsqueeze(1)
    unit = amount.of if isinstance(amount, Pattern) else BLOCK_COLUMNS
    gone: Tensor = weight.new_empty(0)

    def without_lowest(columns: Tensor, index: int) -> Tensor:
        nonlocal gone
        if index % unit == 0:
            ahead = slice(index, index + unit)
            scores = (columns[ahead] / diagonal[ahead]).square()
            if isinstance(amount, Pattern):
                gone = lowest_of_every(scores.T.contiguous(), amount.kept, amount.of).T
            else:
                gone = lowest_overall(scores, int(scores.numel() * target.sparsity))
        return columns[index].masked_fill(gone[index % unit], 0)

    return _solved(weight, statistics, without_lowest, block_columns_for(unit))


def _apply(weight: Tensor, statistics: InputStatistics | None, gone: Tensor) -> Compression:
    """The same update for weights that were chosen otherwise."""
    from engine.methods.kernels.columns import BLOCK_COLUMNS

    assert statistics is not None
    by_column = gone.T.contiguous()
    return _solved(
        weight,
        statistics,
        lambda columns, index: columns[index].masked_fill(by_column[index], 0),
        BLOCK_COLUMNS,
    )


def _solved(
    weight: Tensor, statistics: InputStatistics, replace: Replace, block_columns: int
) -> Compression:
    from engine.methods.kernels.columns import solve_columns

    inverse = statistics.inverse_hessian
    return Compression(solve_columns(weight, inverse, replace, block_columns), inverse.note)


METHOD = Method(
    name="sparsegpt",
    help="second-order pruning; the weights that stay are updated",
    takes=PRUNING,
    needs="gram",
    compress=_compress,
    apply=_apply,
    source=Source("Frantar & Alistarh 2023", "https://arxiv.org/abs/2301.00774"),
)
