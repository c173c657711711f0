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
    """Σxxᵀ over batches of `(tokens, in_features)`, in float32."""
    features = inputs[0].shape[1]
    gram = torch.zeros(features, features, dtype=torch.float32, device=inputs[0].device)
    with _exact_products(inputs[0]):
        for batch in inputs:
            rows = batch.float()
            gram.addmm_(rows.T, rows)
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
    lower, failed = torch.linalg.cholesky_ex(hessian)
    if bool(failed):
        return None
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(torch.cholesky_inverse(lower), upper=True)
    return None if bool(failed) or not bool(factor.isfinite().all()) else factor


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
