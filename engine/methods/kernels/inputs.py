"""What the methods need to know of a matrix's inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from engine.methods.kernels.hessian import InverseHessian, gram_matrix, inverse_hessian

ROWS_AT_ONCE = 256
"""Tokens squared at once: their float32 copy stays in a CPU's second-level cache."""


@dataclass
class InputStatistics:
    """What is known of one matrix's inputs over all calibration tokens, in float32.

    Attributes:
        square_sums: Σx² per input feature, `(in_features,)`.
        tokens: how many were seen.
        inputs: the inputs themselves, batch by batch, where the Gram matrix will be needed.
        note: what is unusual about them.
        sums: Σx per input feature, `(in_features,)`; None where nobody needs it.
    """

    square_sums: Tensor
    tokens: int = 0
    inputs: list[Tensor] = field(default_factory=list)
    note: str = ""
    sums: Tensor | None = None

    def add(self, inputs: Tensor, *, keep: bool) -> None:
        """Count inputs, `(…, in_features)`, and keep them where they will be needed."""
        rows = inputs.reshape(-1, inputs.shape[-1])
        self.tokens += rows.shape[0]
        for part in rows.split(ROWS_AT_ONCE):
            values = part.to(torch.float32, copy=True)
            if self.sums is not None:
                self.sums += values.sum(0)
            self.square_sums += values.square_().sum(0)
        if keep:
            self.inputs.append(rows)

    @property
    def norms(self) -> Tensor:
        """‖X‖₂ per input feature, `(in_features,)`."""
        return self.square_sums.sqrt()

    @property
    def mean(self) -> Tensor:
        """E[x] per input feature, `(in_features,)`.

        Raises:
            ValueError: it was not asked for.
        """
        if self.sums is None:
            raise ValueError("the sums of the inputs were not counted")
        return self.sums / max(self.tokens, 1)

    @cached_property
    def gram(self) -> Tensor:
        """Σxxᵀ, `(in_features, in_features)`; the inputs are let go."""
        gram = gram_matrix(self.inputs)
        self.inputs.clear()
        return gram

    @cached_property
    def inverse_hessian(self) -> InverseHessian:
        """The factor of the inverse Hessian that SparseGPT and GPTQ walk along."""
        return inverse_hessian(self.gram, self.tokens)
