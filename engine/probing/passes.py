"""Forward passes that begin between two blocks, from hidden states that were computed before.

Blocks that are left out hand hidden states on; all else is the model's own forward pass, so that
masks, positions, the final norm, the head, its scale and its soft cap are what they always are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import msgspec
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from engine.models.structure import Block, decoder_blocks
from engine.models.weights import input_device
from engine.scoring.passes import forward_pass

Check = Callable[[], None]


class States(msgspec.Struct, frozen=True):
    """The hidden states of a batch between blocks.

    Attributes:
        after: for every block what it gives, (rows, tokens, hidden).
        in_tuple: whether a block of this model gives it within a tuple.
    """

    after: list[Tensor]
    in_tuple: bool


class Batch(msgspec.Struct, frozen=True):
    """Token sequences of a pass, and where its logits are read.

    Attributes:
        ids: (rows, tokens) int64, padded on the right, where no token sees the padding.
        read: (reads,) int64, positions counted row by row.
    """

    ids: Tensor
    read: Tensor


def batch_of(
    model: PreTrainedModel, rows: Sequence[Sequence[int]], reads: Sequence[Sequence[int]]
) -> Batch:
    """A batch of rows, and of each row the positions whose logits are wanted."""
    width = max(map(len, rows))
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    read = [number * width + place for number, its in enumerate(reads) for place in its]
    device = input_device(model)
    return Batch(ids.to(device), torch.tensor(read, device=device))


def logits_of(
    model: PreTrainedModel, batch: Batch, check: Check, resumed: Resumed | None = None
) -> Tensor:
    """Logits (reads, vocabulary); with `resumed` only the blocks after it are computed."""
    left_out = nullcontext() if resumed is None else _left_out(model, resumed)
    with forward_pass(model, check, batch.read), left_out:
        output = model(input_ids=batch.ids, use_cache=False)
    logits: Tensor = output.logits
    return logits[0]


class Resumed(msgspec.Struct, frozen=True):
    """Where a pass begins.

    Attributes:
        blocks: so many are left out, from the first on; one at least.
        hidden: (rows, tokens, hidden), what the last of them gives.
        in_tuple: as in `States`.
    """

    blocks: int
    hidden: Tensor
    in_tuple: bool


def resumed_after(states: States, blocks: int) -> Resumed | None:
    """A pass that leaves out so many blocks; None to compute all."""
    return Resumed(blocks, states.after[blocks - 1], states.in_tuple) if blocks else None


def captured(model: PreTrainedModel, batch: Batch, check: Check) -> tuple[States, Tensor]:
    """The hidden states after every block, and logits (reads, vocabulary)."""
    after: list[Tensor] = []
    in_tuple: list[bool] = []

    def take(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        in_tuple.append(isinstance(output, tuple))
        after.append(output[0] if isinstance(output, tuple) else output)

    handles = [block.module.register_forward_hook(take) for block in decoder_blocks(model)]
    try:
        logits = logits_of(model, batch, check)
    finally:
        for handle in handles:
            handle.remove()
    return States(after, in_tuple[0]), logits


def through_head(model: PreTrainedModel, hidden: Tensor, in_tuple: bool, check: Check) -> Tensor:
    """What the model would say of hidden states if no block followed: logits (rows, vocabulary).

    `hidden` is (rows, hidden): final norm, head, scale and soft cap are the model's own.
    """
    rows = len(hidden)
    device = input_device(model)
    ids = torch.zeros(rows, 1, dtype=torch.long, device=device)
    every = len(decoder_blocks(model))
    batch = Batch(ids, torch.arange(rows, device=device))
    return logits_of(model, batch, check, Resumed(every, hidden[:, None], in_tuple))


@contextmanager
def _left_out(model: PreTrainedModel, resumed: Resumed) -> Iterator[None]:
    """The first blocks give what they are said to have given."""
    given = (resumed.hidden,) if resumed.in_tuple else resumed.hidden
    with _replaced(decoder_blocks(model)[: resumed.blocks], lambda *args, **kwargs: given):
        yield


@contextmanager
def _replaced(blocks: Sequence[Block], forward: Callable[..., Any]) -> Iterator[None]:
    # accelerate puts a forward of its own into the instance: it comes back afterwards.
    previous = [block.module.__dict__.get("forward") for block in blocks]
    try:
        for block in blocks:
            block.module.forward = forward
        yield
    finally:
        for block, before in zip(blocks, previous, strict=True):
            if before is None:
                block.module.__dict__.pop("forward", None)
            else:
                block.module.forward = before
