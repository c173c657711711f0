"""Forward passes over a batch of prompts whose continuations share the prompt's keys and values."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import msgspec
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache

from engine.models.forward_arguments import accepted_arguments, cache_argument
from engine.models.weights import input_device

LOGITS_AT_ONCE = 64 * 2**20
"""At most so many logits are computed in one forward pass of continuations."""


class Prefix(msgspec.Struct, frozen=True):
    """The beginning of a batch of sequences, computed once.

    Attributes:
        cache: keys and values, batch first; None where nothing comes before.
        mask: (batch, tokens) int64, 0 for the padding on the left.
        lengths: (batch,) int64, tokens without padding.
    """

    cache: Cache | None
    mask: Tensor
    lengths: Tensor

    def select(self, rows: Tensor) -> Prefix:
        """The prefix repeated or picked by row; `rows` is (new batch,) int64."""
        cache = self.cache
        if cache is not None:
            cache = copy.copy(cache)
            cache.layers = [copy.copy(layer) for layer in cache.layers]
            cache.batch_select_indices(rows)
        return Prefix(cache, self.mask[rows], self.lengths[rows])


class Output(msgspec.Struct, frozen=True):
    """Logits (batch, tokens, vocabulary) of the new tokens, and the prefix that they extend."""

    logits: Tensor
    prefix: Prefix


def no_prefix(model: PreTrainedModel, rows: int) -> Prefix:
    """The prefix of sequences that share nothing."""
    device = input_device(model)
    empty = torch.zeros(rows, 0, dtype=torch.long, device=device)
    return Prefix(None, empty, torch.zeros(rows, dtype=torch.long, device=device))


def prefill(model: PreTrainedModel, sequences: Sequence[Sequence[int]]) -> Prefix:
    """Compute the keys and values of token sequences, none empty, padded on the left."""
    device = input_device(model)
    lengths = torch.tensor([len(ids) for ids in sequences], device=device)
    width = int(lengths.max())
    ids = torch.zeros(len(sequences), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, width - len(sequence) :] = torch.tensor(sequence)
        mask[row, width - len(sequence) :] = 1
    mask = mask.to(device)
    cache = DynamicCache(config=model.config)
    _call(
        model,
        ids.to(device),
        mask,
        (mask.cumsum(1) - 1).clamp(min=0),
        cache,
        logits_to_keep=1,
    )
    return Prefix(cache, mask, lengths)


def extend(model: PreTrainedModel, prefix: Prefix, tails: Sequence[Sequence[int]]) -> Output:
    """Run tails after a prefix, one a row, padded on the right; the prefix is consumed."""
    device = input_device(model)
    width = max(len(tail) for tail in tails)
    ids = torch.zeros(len(tails), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tail in enumerate(tails):
        ids[row, : len(tail)] = torch.tensor(tail)
        mask[row, : len(tail)] = 1
    mask = mask.to(device)
    positions = prefix.lengths[:, None] + (mask.cumsum(1) - 1).clamp(min=0)
    whole = torch.cat([prefix.mask, mask], dim=1)
    cache = prefix.cache if prefix.cache is not None else DynamicCache(config=model.config)
    logits = _call(model, ids.to(device), whole, positions, cache)
    return Output(logits, Prefix(cache, whole, prefix.lengths + mask.sum(1)))


def next_logits(model: PreTrainedModel, prefix: Prefix, tokens: Tensor) -> tuple[Prefix, Tensor]:
    """Append one token to every row; `tokens` is (batch,) int64, the prefix is consumed.

    Returns:
        The longer prefix, and the logits (batch, vocabulary) of what follows.
    """
    mask = torch.cat([prefix.mask, torch.ones_like(prefix.mask[:, :1])], dim=1)
    assert prefix.cache is not None
    logits = _call(model, tokens[:, None], mask, prefix.lengths[:, None], prefix.cache)
    return Prefix(prefix.cache, mask, prefix.lengths + 1), logits[:, -1]


def _call(
    model: PreTrainedModel,
    ids: Tensor,
    mask: Tensor,
    positions: Tensor,
    cache: Cache,
    **extra: Any,
) -> Tensor:
    accepted = accepted_arguments(model)
    inputs = {"position_ids": positions, **extra}
    inputs = {name: value for name, value in inputs.items() if name in accepted}
    inputs[cache_argument(model)] = cache
    output = model(input_ids=ids, attention_mask=mask, use_cache=True, **inputs)
    logits: Tensor = output.logits
    return logits
