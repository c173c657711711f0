"""The values that quantized weights may take."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Grid:
    """The values that a group of weights may take: `scale · (q - zero)`, q from 0 to `highest`."""

    scale: Tensor
    zero: Tensor
    highest: int

    def round(self, weight: Tensor) -> Tensor:
        """The nearest value of the grid for each weight."""
        levels = (torch.round(weight / self.scale) + self.zero).clamp(0, self.highest)
        return self.scale * (levels - self.zero)


def min_max_grid(weight: Tensor, bits: int, dim: int) -> Grid:
    """A grid from the least to the greatest weight along `dim`, zero always among its values.

    As in GPTQ's reference implementation: a group of zeros spans -1 to 1.
    """
    least = weight.amin(dim, keepdim=True).clamp_max(0)
    greatest = weight.amax(dim, keepdim=True).clamp_min(0)
    empty = (least == 0) & (greatest == 0)
    least, greatest = least.masked_fill(empty, -1), greatest.masked_fill(empty, 1)
    highest = 2**bits - 1
    scale = (greatest - least) / highest
    return Grid(scale, torch.round(-least / scale), highest)
