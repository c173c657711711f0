"""GPTQ: quantization with second-order error compensation (Frantar et al. 2022, 2210.17323)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.methods.amounts import Bits
from engine.methods.method import Compression, Method, Source, Target

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.grid import Grid
    from engine.methods.kernels.inputs import InputStatistics


def _compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
    """Columns are rounded from first to last, without reordering (the paper's algorithm 1).

    A group's grid is set from its weights as they are when its first column is reached
    (section "additional tricks": "always using the most current updated weights").
    """
    import torch

    from engine.methods.kernels.columns import solve_columns
    from engine.methods.kernels.grid import min_max_grid

    amount = target.recipe.amount
    assert statistics is not None
    assert isinstance(amount, Bits)
    bits, group = amount.bits, amount.group or weight.shape[1]
    grid: Grid | None = None if amount.group else min_max_grid(weight.T, bits, 0)

    def round_column(columns: Tensor, index: int, error: Tensor) -> None:
        nonlocal grid
        if grid is None or (index % group == 0 and amount.group):
            grid = min_max_grid(columns[index : index + group], bits, 0)
        column = columns[index]
        rounded = grid.round(column).squeeze(0)
        torch.sub(column, rounded, out=error).div_(diagonal[index])
        column.copy_(rounded)

    inverse = statistics.inverse_hessian
    diagonal = inverse.factor.diagonal().tolist()
    columns = solve_columns(weight, inverse, round_column, group)
    return Compression(columns, inverse.note)


METHOD = Method(
    name="gptq",
    help="second-order quantization; later columns make up for the error of earlier ones",
    takes=(Bits,),
    needs="gram",
    compress=_compress,
    source=Source("Frantar et al. 2022", "https://arxiv.org/abs/2210.17323"),
)
