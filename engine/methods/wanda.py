"""Wanda: pruning by weights and activations (Sun et al. 2023, arXiv 2306.11695)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.methods.amounts import PRUNING
from engine.methods.method import Method, Source
from engine.methods.scores import pruning

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics


def wanda_scores(weight: Tensor, statistics: InputStatistics) -> Tensor:
    """|W|·‖X‖₂, equation 1: `(out_features, in_features)`."""
    return weight.abs() * statistics.norms


METHOD = Method(
    name="wanda",
    help="lowest |W|·‖X‖₂ of each output row",
    takes=PRUNING,
    needs="norms",
    compress=pruning(wanda_scores),
    source=Source("Sun et al. 2023", "https://arxiv.org/abs/2306.11695"),
)
"""The lowest scores of every output row become zero (section 3, "comparison group")."""
