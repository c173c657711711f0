"""How much each decoder block is pruned, where that differs between blocks."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.compression.statistics import BlockStatistics
from engine.compression.walk import BlockInputs
from engine.methods.wanda import wanda_scores
from engine.models.structure import Block, Prunable
from engine.models.weights import copy_weight, weights_resident
from engine.records.sums import added

OUTLIER_FACTOR = 5.0
"""M of OWL: a score above M times the block's mean is an outlier."""
OUTLIER_SPREAD = 0.08
"""λ of OWL: sparsities lie within a range of 2λ around the target."""
DEPTH_SPREAD = 0.06
"""Half the range that +linear spreads sparsities over, from the first block to the last: near the
best for the embedded model at 50 % and 60 % (0, 0.03, 0.06, 0.1 and 0.15 were tried)."""


GOLD_SHARE, GOLD_SPREAD = 0.25, 0.1
"""The share of the blocks that +gold prunes less, and by how much less."""


def linear_sparsities(target: float, blocks: int) -> list[float]:
    """Sparsity growing by the same step from block to block (arXiv 2502.14770, equation 7).

    s_i = S - β·(L - 1)/2 + β·(i - 1). The paper searches β for each model by perplexity on its
    test text; here nothing is searched: β = 2·0.06 / (L - 1), or the greatest that keeps every
    sparsity between 0 and 1 where that is less.
    """
    if blocks == 1:
        return [target]
    spread = min(DEPTH_SPREAD, target, 1 - target)
    step = 2 * spread / (blocks - 1)
    return [target - spread + step * index for index in range(blocks)]


def owl_sparsities(target: float, outlier_shares: list[float]) -> list[float]:
    """Sparsity lower where outliers are many (Yin et al. 2023, arXiv 2310.05175, section 3.3).

    The shares are scaled linearly to a range of 2λ, and centred so that the mean sparsity is the
    target. The range is narrower where sparsities would leave 0 to 1.
    """
    shares = torch.tensor(outlier_shares, dtype=torch.float64)
    width = shares.max() - shares.min()
    if width == 0:
        return [target] * len(outlier_shares)
    scaled = (shares - shares.min()) / width * 2 * OUTLIER_SPREAD
    offset = scaled.mean() - scaled
    room = min(
        1.0,
        (1 - target) / max(float(offset.max()), 1e-12),
        target / max(float(-offset.min()), 1e-12),
    )
    return [target + room * value for value in offset.tolist()]


def gold_sparsities(target: float, gains: Sequence[float], weights: Sequence[int]) -> list[float]:
    """Sparsity lower in the blocks that the gold answers gain most from when they are dense.

    The quarter of the blocks with the greatest gains are pruned less by `GOLD_SPREAD`, or as much
    less as keeps every sparsity between 0 and 1, and the others all as much more as brings the
    whole to the target. Nothing is searched; the figures are ours.

    Args:
        target: share of zeros over all blocks.
        gains: the blocks' gold sensitivities.
        weights: how many weights of each block are compressed.
    """
    chosen = sorted(range(len(gains)), key=lambda block: (-gains[block], block))
    spared = set(chosen[: max(1, round(GOLD_SHARE * len(gains)))])
    inside = sum(weights[block] for block in spared)
    outside = sum(weights) - inside
    if not outside:
        return [target] * len(gains)
    less = min(GOLD_SPREAD, target, (1 - target) * outside / inside)
    more = less * inside / outside
    return [target - less if block in spared else target + more for block in range(len(gains))]


def shuffled_gains(gains: Sequence[float], seed: int) -> list[float]:
    """The gains dealt out to the blocks anew: what an allocation by them is compared with."""
    return random.Random(seed).sample(list(gains), len(gains))


def outlier_shares(
    inputs: BlockInputs,
    blocks: list[Block],
    matrices: dict[int, list[Prunable]],
    on_block: Callable[[Block], None],
    check: Callable[[], None],
) -> list[float]:
    """The share of each dense block's Wanda scores above M times their mean (section 3.2)."""
    shares = []
    for block in blocks:
        on_block(block)
        with weights_resident(block.module):
            scores = _block_scores(inputs, block, matrices[block.index], check)
        shares.append(_share_of_outliers(scores))
    return shares


def _block_scores(
    inputs: BlockInputs, block: Block, matrices: list[Prunable], check: Callable[[], None]
) -> list[Tensor]:
    """Wanda's score of every weight of a block; the hidden states move on to the next one."""
    statistics = BlockStatistics(keep_inputs=False)
    with statistics.collecting(matrices):
        inputs.advance(block, check)
    return [
        wanda_scores(weight.float(), of_matrix)
        for matrix in matrices
        if matrix.name in statistics.of
        for weight, of_matrix in zip(
            matrix.matrices(copy_weight(matrix.module, matrix.parameter)),
            statistics.of[matrix.name],
            strict=True,
        )
    ]


def _share_of_outliers(scores: list[Tensor]) -> float:
    count = sum(part.numel() for part in scores)
    mean = added(map(_exact_sum, scores)) / count
    return sum(int((part > OUTLIER_FACTOR * mean).sum()) for part in scores) / count


def _exact_sum(part: Tensor) -> float:
    """The sum of a matrix, in float64; of its rows in float32 where the device has no float64."""
    if part.device.type == "mps":
        return float(part.sum(1).cpu().sum(dtype=torch.float64))
    return float(part.sum(dtype=torch.float64))
