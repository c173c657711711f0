"""Biases that make up for what compressed weights lose on average.

Nagel et al. 2019 (arXiv 1906.04721), section 4.2: the error (W' − W)x of a layer's outputs has a
mean other than zero, which a bias can take away. Here the mean of x is measured on the calibration
text.
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.structure import Prunable, decoder_blocks, prunable
from engine.models.weights import copy_weight


def has_bias(matrix: Prunable) -> bool:
    """Whether what a matrix gives has a bias added to it."""
    return matrix.experts is None and isinstance(
        getattr(matrix.module, "bias", None), torch.nn.Parameter
    )


def has_biases(model: PreTrainedModel) -> bool:
    """Whether any matrix in the model's blocks has one."""
    return any(has_bias(matrix) for block in decoder_blocks(model) for matrix in prunable(block))


def bias_name(matrix: Prunable) -> str:
    """The full name of a matrix's bias."""
    return f"{matrix.name.removesuffix(matrix.parameter)}bias"


def made_up_bias(matrix: Prunable, compressed: Tensor, mean: Tensor) -> Tensor:
    """The bias b + (W − W')E[x], `(out_features,)` in its own dtype.

    Args:
        matrix: whose module has its dense weight W.
        compressed: W', in the parameter's shape and dtype.
        mean: E[x], `(in_features,)`.
    """
    dense, bias = (copy_weight(matrix.module, name) for name in (matrix.parameter, "bias"))
    [lost] = matrix.matrices(dense).float() - matrix.matrices(compressed).float()
    made_up: Tensor = bias.float() + lost @ mean
    return made_up.to(bias.dtype)
