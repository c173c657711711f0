"""Perplexity on a text: the exponential of the mean negative log-likelihood of its tokens.

The text is tokenised as a whole and cut into windows without overlap; each window is scored by
itself, its first token only as context. The last, shorter window is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.models.weights import input_device
from engine.scoring.passes import forward_pass, pass_tokens

WINDOW_TOKENS = 512


def windows_of(
    text: str, tokenizer: PreTrainedTokenizerBase, tokens: int = WINDOW_TOKENS
) -> Tensor:
    """The token ids of a text, `(windows, tokens)`; a text with less than that is one window."""
    ids = torch.tensor(tokenizer(text, verbose=False)["input_ids"], dtype=torch.int64)
    width = max(1, min(tokens, len(ids)))
    return ids[: len(ids) // width * width].view(-1, width)


@torch.inference_mode()
def perplexity(
    model: PreTrainedModel, windows: Tensor, check: Callable[[], None] = lambda: None
) -> float:
    """Of a model on `windows`, `(windows, tokens)` with two tokens at least, from float32 logits.

    `check` is called between blocks; it raises to cancel.
    """
    total = 0.0
    device = input_device(model)
    for batch in windows.split(max(1, pass_tokens(device) // windows.shape[1])):
        ids = batch.to(device)
        with forward_pass(model, check):
            logits: Tensor = model(input_ids=ids, use_cache=False).logits
        losses = torch.nn.functional.cross_entropy(
            logits[:, :-1].float().flatten(0, 1),
            ids[:, 1:].flatten().to(logits.device),
            reduction="sum",
        )
        total += float(losses)
    return math.exp(total / (windows.shape[0] * (windows.shape[1] - 1)))
