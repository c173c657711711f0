"""One forward pass: where its logits are read, and what may happen between its blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from engine.models.structure import decoder_blocks

CPU_PASS_TOKENS = 768
"""Tokens of a pass on a CPU, padding included: more leave its caches, fewer don't fill it."""

ACCELERATOR_PASS_TOKENS = 16_384
"""Tokens of a pass on an accelerator."""


def pass_tokens(device: torch.device) -> int:
    """How many tokens are computed in one pass, where there are so many."""
    return CPU_PASS_TOKENS if device.type == "cpu" else ACCELERATOR_PASS_TOKENS


@contextmanager
def forward_pass(
    model: PreTrainedModel, check: Callable[[], None], read: Tensor | None = None
) -> Iterator[None]:
    """A forward pass of the model that is made meanwhile.

    Between blocks `check` is called, in which another pass may be made: it is as if it had come
    before this one. It raises to cancel.

    Args:
        model: under the variant in question.
        check: called before every block.
        read: (reads,) int64, the positions of the batch, counted row by row, whose logits are
            wanted: they come as (1, reads, vocabulary). None for those of all.
    """
    interrupted = False

    def let_through(module: nn.Module, inputs: tuple[object, ...]) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            try:
                check()
            finally:
                interrupted = False

    def pick(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if interrupted or read is None:
            return inputs
        hidden = inputs[0]
        return (hidden.flatten(0, 1)[read.to(hidden.device)][None], *inputs[1:])

    with ExitStack() as hooks:
        for block in decoder_blocks(model):
            hooks.enter_context(block.module.register_forward_pre_hook(let_through))
        hooks.enter_context(model.get_output_embeddings().register_forward_pre_hook(pick))
        yield
