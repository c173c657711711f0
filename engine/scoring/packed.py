"""Many sequences in one forward pass: each row a trie, whose nodes see their ancestors only.

A prompt and all its continuations pass through the model once, in one row, under a tree mask (as in
SpecInfer, Miao et al. 2024, arXiv 2305.09781, section 4.2). What all rows begin with in common is
computed once for the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache

from engine.models.forward_arguments import cache_argument
from engine.models.weights import input_device
from engine.scoring.forward import Prefix
from engine.scoring.passes import forward_pass
from engine.scoring.room import RoomyLayer
from engine.scoring.tries import ROOT, TokenTrie

FULL, SLIDING = "full_attention", "sliding_attention"
"""The kinds of attention that a tree mask is built for."""


class Row(msgspec.Struct, frozen=True):
    """A row of a packed pass: a trie, and the nodes whose logits are read."""

    trie: TokenTrie
    reads: tuple[int, ...]


class Packed(msgspec.Struct, frozen=True):
    """What a packed pass computed.

    Attributes:
        logits: (reads, vocabulary), row by row, in the order of each row's `reads`.
        cache: keys and values of (rows, beginning and nodes); None where they aren't kept.
        beginning: the number of tokens before the tries.
    """

    logits: Tensor
    cache: Cache | None
    beginning: int


LONGEST_ROW = 8_192
"""Longer rows are not packed: a mask takes the square of their tokens."""

BEGINNING_TOKENS = 96
"""A beginning is computed in copies, so many tokens in all: matrix products of few rows take other
kernels, which round otherwise than those of a batch."""


def compute_beginning(
    model: PreTrainedModel, ids: Sequence[int], check: Callable[[], None]
) -> Cache:
    """Keys and values of the tokens, one or more, that all rows begin with; one row."""
    cache = DynamicCache()
    trie = TokenTrie()
    last = trie.add(ids)[-1]
    copies = math.ceil(BEGINNING_TOKENS / len(ids))
    _forward(model, [Row(trie, (last,))] * copies, cache, check)
    cache.batch_select_indices(torch.zeros(1, dtype=torch.long))
    return cache


def compute_rows(
    model: PreTrainedModel,
    rows: Sequence[Row],
    beginning: Cache | None,
    check: Callable[[], None],
    *,
    kept: bool,
) -> Packed:
    """Run rows through the model in one pass, each after the beginning, where there is one.

    Args:
        model: under the variant in question.
        rows: of the batch.
        beginning: as computed by `compute_beginning`.
        check: called between blocks; raises to cancel.
        kept: whether keys and values are wanted afterwards.
    """
    cache = DynamicCache() if kept or beginning is not None else None
    before = 0
    if cache is not None and beginning is not None:
        before = beginning.get_seq_length()
        for index, (keys, values) in enumerate(_states(beginning)):
            shape = (len(rows), -1, -1, -1)
            cache.update(keys.expand(shape), values.expand(shape), index)
    logits = _forward(model, rows, cache, check)
    return Packed(logits, cache if kept else None, before)


class Paths:
    """Sequences of packed passes, collected so that they can go on as rows of their own.

    Args:
        lengths: of all sequences that will be collected, in their order.
        room: how many tokens may follow.
    """

    def __init__(self, lengths: Sequence[int], room: int) -> None:
        self._lengths = lengths
        self._width = max(lengths)
        self._room = room
        self._collected = 0
        self._layers: list[RoomyLayer] = []

    def collect(self, packed: Packed, paths: Sequence[tuple[int, Sequence[int]]]) -> None:
        """Take in sequences of a pass, each as its row and its nodes from the beginning on."""
        if not paths or packed.cache is None:
            return
        # On the left, where shorter sequences have no token, a mask hides what stands there.
        places = np.zeros((len(paths), self._width), dtype=np.int64)
        for own, (_, nodes) in zip(places, paths, strict=True):
            start = self._width - packed.beginning - len(nodes)
            own[start : start + packed.beginning] = np.arange(packed.beginning)
            own[start + packed.beginning :] = packed.beginning + np.asarray(nodes)
        rows = torch.tensor([row for row, _ in paths])[:, None, None]
        columns = torch.from_numpy(places)[:, None, :]
        states = _states(packed.cache)
        if not self._layers:
            sizes = (len(self._lengths), self._width, self._room)
            self._layers = [RoomyLayer(keys, values, *sizes) for keys, values in states]
        for layer, (keys, values) in zip(self._layers, states, strict=True):
            heads = torch.arange(keys.shape[1])[None, :, None]
            where = tuple(index.to(keys.device) for index in (rows, heads, columns))
            layer.fill(self._collected, keys[where], values[where])
        self._collected += len(paths)

    def prefix(self, device: torch.device) -> Prefix:
        """All sequences, padded on the left; `device` is that of token ids."""
        lengths = torch.tensor(self._lengths, device=device)
        places = torch.arange(self._width, device=device)
        mask = (places >= self._width - lengths[:, None]).long()
        return Prefix(Cache(layers=list(self._layers)), mask, lengths)


def _states(cache: Cache) -> list[tuple[Tensor, Tensor]]:
    """Keys and values of every layer, (rows, heads, tokens, features)."""
    states = []
    for layer in cache.layers:
        keys, values = getattr(layer, "keys", None), getattr(layer, "values", None)
        if not isinstance(keys, Tensor) or not isinstance(values, Tensor):
            raise NotImplementedError(f"a layer without keys and values ({layer})")
        states.append((keys, values))
    return states


def _forward(
    model: PreTrainedModel, rows: Sequence[Row], cache: Cache | None, check: Callable[[], None]
) -> Tensor:
    """Logits (reads, vocabulary) of the rows' reads; `cache` holds what comes before, and grows."""
    device = input_device(model)
    width = max(len(row.trie) for row in rows)
    before = 0 if cache is None else cache.get_seq_length()
    ids = np.zeros((len(rows), width), dtype=np.int64)
    depths = np.zeros_like(ids)
    sees = np.zeros((len(rows), width, width), dtype=np.bool_)
    read = []
    for number, row in enumerate(rows):
        length = len(row.trie)
        ids[number, :length] = row.trie.tokens
        depths[number, :length] = row.trie.depths
        _fill_ancestors(sees[number], row.trie.parents)
        read += [number * width + node for node in row.reads]
    everything = np.ones((len(rows), width, before), dtype=np.bool_)
    beginning = np.broadcast_to(np.arange(before), (len(rows), before))
    inputs = {
        "input_ids": torch.from_numpy(ids).to(device),
        "position_ids": torch.from_numpy(depths).to(device),
        "attention_mask": tree_masks(
            model,
            torch.from_numpy(np.concatenate([everything, sees], axis=2)),
            torch.from_numpy(depths),
            torch.from_numpy(np.concatenate([beginning, depths], axis=1)),
        ),
        cache_argument(model): cache,
    }
    with forward_pass(model, check, torch.tensor(read, device=device)):
        output = model(**inputs, use_cache=cache is not None)
    logits: Tensor = output.logits
    return logits[0]


def _fill_ancestors(sees: NDArray[np.bool_], parents: Sequence[int]) -> None:
    """(nodes, nodes): whether a node sees another one. Padding sees itself, lest it see nothing."""
    for node, parent in enumerate(parents):
        if parent != ROOT:
            sees[node] = sees[parent]
        sees[node, node] = True
    np.fill_diagonal(sees, True)


def tree_masks(
    model: PreTrainedModel, sees: Tensor, depths: Tensor, seen_depths: Tensor
) -> Tensor | dict[str, Tensor]:
    """What is added to attention scores, (rows, 1, queries, keys).

    Where a model's layers differ in what they see, there is a mask for each kind.

    Args:
        model: under any variant.
        sees: (rows, queries, keys) bool.
        depths: (rows, queries) int64, the places of the queries in their sequences.
        seen_depths: (rows, keys) int64, those of the keys.

    Raises:
        NotImplementedError: the model has layers of another kind.
    """
    device, dtype = input_device(model), model.dtype
    config = model.config.get_text_config()
    window: int | None = getattr(config, "sliding_window", None)
    kinds = set(getattr(config, "layer_types", None) or [SLIDING if window else FULL])
    if unknown := kinds - {FULL, SLIDING}:
        raise NotImplementedError(f"attention of the kind {', '.join(sorted(unknown))}")

    def added(seen: Tensor) -> Tensor:
        mask = torch.zeros(seen.shape, dtype=dtype, device=device)
        return mask.masked_fill_(~seen.to(device), torch.finfo(dtype).min)[:, None]

    whole = added(sees)
    if window is None or SLIDING not in kinds or int(depths.max()) < window:
        return whole
    sliding = added(sees & (depths[:, :, None] - seen_depths[:, None, :] < window))
    return sliding if kinds == {SLIDING} else {FULL: whole, SLIDING: sliding}
