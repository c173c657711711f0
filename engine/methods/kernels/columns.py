"""Column by column through a weight matrix, each column's error made good by those after it.

This is the loop of GPTQ (Frantar et al. 2022, algorithm 1), which SparseGPT (Frantar & Alistarh
2023, algorithm 1) shares; the methods differ in what they put in a column's place.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.methods.kernels.hessian import InverseHessian

BLOCK_COLUMNS = 128
"""Columns after which the errors are passed on to all later ones at once."""

Replace = Callable[[Tensor, int], Tensor]
"""From the current weights `(in_features, out_features)`, of which at least those up to the end of
the block are up to date, and a column's index to the column that takes its place."""


def solve_columns(
    weight: Tensor, inverse: InverseHessian, replace: Replace, block_columns: int = BLOCK_COLUMNS
) -> Tensor:
    """Replace the columns of `(out_features, in_features)` from first to last.

    Inputs that were always zero have their weights set to zero first.
    """
    columns = weight.T.clone(memory_format=torch.contiguous_format)
    columns[inverse.dead] = 0
    factor = inverse.factor
    diagonal = factor.diagonal().tolist()
    for first in range(0, len(columns), block_columns):
        last = min(first + block_columns, len(columns))
        errors = columns.new_empty(last - first, columns.shape[1])
        for index in range(first, last):
            new = replace(columns, index)
            error = torch.sub(columns[index], new, out=errors[index - first])
            error /= diagonal[index]
            columns[index] = new
            if index + 1 < last:
                columns[index + 1 : last].addr_(factor[index, index + 1 : last], error, alpha=-1)
        if last < len(columns):
            columns[last:].addmm_(factor[first:last, last:].T, errors, alpha=-1)
    return columns.T


def block_columns_for(unit: int) -> int:
    """Columns in a block such that units of consecutive columns begin on up-to-date weights."""
    if unit > BLOCK_COLUMNS:
        return BLOCK_COLUMNS if unit % BLOCK_COLUMNS == 0 else unit
    return BLOCK_COLUMNS // unit * unit
