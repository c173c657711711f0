"""Round-to-nearest weight quantization: asymmetric, between the least and greatest weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.methods.amounts import Bits
from engine.methods.method import Compression, Method, Target

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics


def _compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
    """Every group of input features of a row has its own grid; the last may be shorter."""
    import torch

    from engine.methods.kernels.grid import min_max_grid

    amount = target.recipe.amount
    assert isinstance(amount, Bits)
    groups = weight.split(amount.group or weight.shape[1], dim=1)
    rounded = [min_max_grid(group, amount.bits, 1).round(group) for group in groups]
    return Compression(torch.cat(rounded, dim=1))


METHOD = Method(
    name="rtn",
    help="round to nearest",
    takes=(Bits,),
    compress=_compress,
)
