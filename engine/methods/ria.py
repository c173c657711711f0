"""RIA: relative importance and activations (Zhang et al. 2024, "Plug-and-Play", ICLR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.methods.amounts import PRUNING
from engine.methods.method import Method, Source
from engine.methods.scores import pruning

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics

EXPONENT = 0.5
"""Of the activations' norm: the paper's a."""
_TINY = 1e-30


def ria_scores(weight: Tensor, statistics: InputStatistics) -> Tensor:
    """(|W| / Σ over its column + |W| / Σ over its row)·‖X‖₂^0.5, equation 4.

    A column or row of zeros has no relative importance: its scores are zero.
    """
    size = weight.abs()
    columns, rows = size.sum(0, keepdim=True), size.sum(1, keepdim=True)
    relative = size / columns.clamp_min(_TINY) + size / rows.clamp_min(_TINY)
    return relative * statistics.norms**EXPONENT


METHOD = Method(
    name="ria",
    help="lowest relative importance, times the root of ‖X‖₂, of each output row",
    takes=PRUNING,
    needs="norms",
    compress=pruning(ria_scores),
    source=Source("Zhang et al. 2024", "https://openreview.net/forum?id=Tr0lPx9woF"),
)
