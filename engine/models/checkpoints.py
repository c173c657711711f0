"""Compressed checkpoints that somebody else made, as variants."""

from __future__ import annotations

from collections.abc import Collection

import torch
from transformers import PreTrainedModel

from engine.models.loading import LoadedModel
from engine.models.structure import block_parameters, decoder_blocks, prunable
from engine.models.variants import Variants
from engine.models.weights import weights_at_hand
from engine.records.errors import UserError
from engine.records.manifest import BlockSparsity
from engine.records.settings import DENSE


def require_same_vocabulary(dense: LoadedModel, other: LoadedModel) -> None:
    """Check that two models speak of the same tokens, so that their figures can be compared.

    Raises:
        UserError: their tokenizers or their output sizes differ.
    """
    same_tokens = dense.tokenizer.get_vocab() == other.tokenizer.get_vocab()
    sizes = [one.model.config.get_text_config().vocab_size for one in (dense, other)]
    if same_tokens and sizes[0] == sizes[1]:
        return
    raise UserError(
        f"{other.record.name} has another tokenizer than {dense.record.name}: "
        f"{sizes[1]:,} against {sizes[0]:,} tokens",
        "checkpoint:DIR takes a compressed version of the model that --model names.",
    )


def restore_blocks(variants: Variants, name: str, of: str, kept: Collection[int]) -> None:
    """Make a variant ready: the checkpoint `of` with some of its blocks as in the dense model.

    All of a block is restored, norms and biases as well: whoever compressed it may have moved
    scales from its matrices there.

    Raises:
        UserError: there are no such blocks, or they are not those of the dense model.
    """
    with variants.using(of) as model:
        own = decoder_blocks(model)
    with variants.using(DENSE) as model:
        blocks = decoder_blocks(model)
    if missing := [block for block in kept if block >= len(blocks)]:
        raise UserError(
            f"{name} has block {missing[0]} dense, and the model has {len(blocks)} blocks",
            f"Blocks are numbered from 0 to {len(blocks) - 1}.",
        )
    parameters = [key for block in kept for key in block_parameters(blocks[block])]
    try:
        if len(own) != len(blocks):
            raise ValueError(f"{of} has {len(own)} blocks")
        variants.restore(name, of, parameters)
    except ValueError as error:
        raise UserError(
            f"the blocks of {of} are not those of the dense model",
            "Only a checkpoint of the same architecture and size can have blocks of it.",
        ) from error


def zeros_in_blocks(
    model: PreTrainedModel,
) -> tuple[tuple[BlockSparsity, ...], tuple[str, ...]]:
    """Zeros in every decoder block's linear weights, and what a reader must know about them.

    Weights in a packed, quantized form can't be counted; a note says so.
    """
    try:
        blocks = decoder_blocks(model)
    except UserError as error:
        return (), (f"zeros not counted: {error.message}",)
    counts = []
    for block in blocks:
        matrices = prunable(block)
        if any(not matrix.weight.is_floating_point() for matrix in matrices):
            return (), ("zeros not counted: the weights are in a packed form",)
        zeros = 0
        for matrix in matrices:
            with weights_at_hand(matrix.module):
                zeros += int(torch.count_nonzero(matrix.weight == 0))
        weights = sum(matrix.weight.numel() for matrix in matrices)
        counts.append(BlockSparsity(block=block.index, zeros=zeros, weights=weights))
    return tuple(counts), ()
