"""Gaussian noise on the weights: what a model that is "just perturbed" looks like.

The control of "Accuracy Is Not All You Need" (Dutta et al. 2024, arXiv 2407.09141).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from engine.methods.amounts import Sigma
from engine.methods.method import Compression, Method, Source, Target

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics


def _compress(weight: Tensor, statistics: InputStatistics | None, target: Target) -> Compression:
    """W + σ·std(W)·N(0, 1), with random numbers that depend on the matrix's name alone."""
    import torch

    amount = target.recipe.amount
    assert isinstance(amount, Sigma)
    seed = int.from_bytes(hashlib.sha256(target.key.encode()).digest()[:8], "big") >> 1
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(weight.shape, generator=generator).to(weight.device)
    return Compression(weight + amount.sigma * weight.std() * noise)


METHOD = Method(
    name="noise",
    help="Gaussian noise: what a model that is only perturbed looks like",
    takes=(Sigma,),
    compress=_compress,
    source=Source("Dutta et al. 2024", "https://arxiv.org/abs/2407.09141"),
)
