"""The Hessian of a layer's squared output error, which SparseGPT and GPTQ share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.records.errors import UserError

DAMPING = 0.01
"""Share of the Hessian's mean diagonal that is added to its diagonal."""
MOST_DAMPING = 1e4
STRIP_FEATURES = 192
"""Wide enough for a matrix product to be efficient, narrow enough that little is computed twice."""


@dataclass(frozen=True)
class InverseHessian:
    """The upper Cholesky factor U of the damped inverse Hessian, H⁻¹ = UᵀU.

    Attributes:
        factor: `(in_features, in_features)`.
        dead: inputs that were always zero, `(in_features,)`.
        note: says so where damping had to be raised.
    """

    factor: Tensor
    dead: Tensor
    note: str


def gram_matrix(inputs: list[Tensor]) -> Tensor:
    """Σxxᵀ over batches of `(tokens, in_features)`, in float32.

    It is symmetric: strips from the diagonal to the right are multiplied, and mirrored.
    """
    features = inputs[0].shape[1]
    gram = torch.zeros(features, features, dtype=torch.float32, device=inputs[0].device)
    strips = range(0, features, STRIP_FEATURES)
    with _exact_products(inputs[0]):
        for batch in inputs:
            rows = batch.float()
            for first in strips:
                last = first + STRIP_FEATURES
                gram[first:last, first:].addmm_(rows[:, first:last].T, rows[:, first:])
    for first in strips:
        last = first + STRIP_FEATURES
        gram[last:, first:last] = gram[first:last, last:].T
    return gram


def inverse_hessian(gram: Tensor, tokens: int) -> InverseHessian:
    """Invert H = (2/n)·ΣXXᵀ under damping (Frantar & Alistarh 2023, section 3; GPTQ, step 3).

    Damping is 1 % of the mean diagonal, and ten times as much each time the Cholesky
    decomposition fails.

    Raises:
        UserError: the activations are not finite.
    """
    hessian = gram * (2 / max(tokens, 1))
    diagonal = hessian.diagonal()
    if not bool(diagonal.isfinite().all()):
        raise UserError(
            "the activations of the calibration text are not finite numbers in this dtype",
            "choose --dtype bfloat16 or float32, or another calibration text",
            status=1,
        )
    dead = diagonal == 0
    diagonal[dead] = 1
    damping, mean = DAMPING, float(diagonal.mean())
    added = 0.0
    while True:
        diagonal += damping * mean - added
        added = damping * mean
        factor = _upper_factor_of_inverse(hessian)
        if factor is not None:
            break
        if damping >= MOST_DAMPING:
            raise UserError(
                "the Hessian of the calibration activations can't be inverted",
                "use more calibration text, or a method without a Hessian such as wanda",
                status=1,
            )
        damping *= 10
    note = "" if damping == DAMPING else f"damping raised to {damping:.0%}"
    return InverseHessian(factor, dead, note)


def _upper_factor_of_inverse(hessian: Tensor) -> Tensor | None:
    """U of H⁻¹ = UᵀU: with rows and columns reversed, the inverse of H's own Cholesky factor."""
    lower, failed = torch.linalg.cholesky_ex(hessian.flip(0, 1))
    if bool(failed):
        return None
    factor = _inverse_of_lower(lower).flip(0, 1)
    return factor if bool(factor.isfinite().all()) else None


def _inverse_of_lower(lower: Tensor) -> Tensor:
    """The inverse of a lower triangular matrix, without the zeros above its diagonal blocks."""
    inverse = torch.zeros_like(lower)
    for first in range(0, len(lower), STRIP_FEATURES):
        below, columns = slice(first, None), slice(first, first + STRIP_FEATURES)
        unit = torch.eye(len(lower) - first, STRIP_FEATURES, device=lower.device)
        inverse[below, columns] = torch.linalg.solve_triangular(
            lower[below, below], unit[:, : inverse[below, columns].shape[1]], upper=False
        )
    return inverse


@contextmanager
def _exact_products(inputs: Tensor) -> Iterator[None]:
    """Let a CPU multiply bfloat16 numbers that were widened to float32 as bfloat16.

    Their products and sums are in float32 all the same, and four times faster where the CPU has
    instructions for it. For other inputs nothing is changed.
    """
    backend: Any = torch.backends.mkldnn
    settings = backend.matmul
    before = settings.fp32_precision
    if inputs.device.type == "cpu" and inputs.dtype == torch.bfloat16:
        settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before
