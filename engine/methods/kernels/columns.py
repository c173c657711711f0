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
STEP_COLUMNS = 16
"""Columns of a block after which the errors are passed on to the rest of the block at once."""

Replace = Callable[[Tensor, int, Tensor], None]
"""Puts another column in a column's place, given the current weights `(in_features, out_features)`,
of which at least those up to the end of the block are up to date, the column's index, and where
its error goes, `(out_features,)`: old less new, divided by the column's diagonal element of U."""


def solve_columns(
    weight: Tensor, inverse: InverseHessian, replace: Replace, unit: int = 1
) -> Tensor:
    """Replace the columns of `(out_features, in_features)` from first to last.

    Inputs that were always zero have their weights set to zero first. Whenever the first of `unit`
    consecutive columns is replaced, all of them are up to date.
    """
    columns = weight.T.clone(memory_format=torch.contiguous_format)
    columns[inverse.dead] = 0
    factor = inverse.factor
    block, step = _columns_at_once(unit, BLOCK_COLUMNS), _columns_at_once(unit, STEP_COLUMNS)
    for first in range(0, len(columns), block):
        last = min(first + block, len(columns))
        errors = columns.new_empty(last - first, columns.shape[1])
        for start in range(first, last, step):
            stop = min(start + step, last)
            for index in range(start, stop):
                error = errors[index - first]
                replace(columns, index, error)
                if index + 1 < stop:
                    columns[index + 1 : stop].addr_(
                        factor[index, index + 1 : stop], error, alpha=-1
                    )
            passed_on = errors[start - first : stop - first]
            columns[stop:last].addmm_(factor[start:stop, stop:last].T, passed_on, alpha=-1)
        columns[last:].addmm_(factor[first:last, last:].T, errors, alpha=-1)
    return columns.T


def _columns_at_once(unit: int, most: int) -> int:
    """Columns to take at once such that units of consecutive ones begin where a turn does or
    within one turn."""
    if unit > most:
        return most if unit % most == 0 else unit
    return most // unit * unit
