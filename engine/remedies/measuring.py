"""The text that perplexity is measured on: no item is among it, and nothing is chosen by it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.records.errors import UserError
from engine.records.remedies import MeasuredText
from engine.scoring.fitting import context_tokens
from engine.scoring.perplexity import WINDOW_TOKENS, windows_of

MOST_WINDOWS = 32
"""Of a longer text only so many are measured, from its beginning: every recipe goes over them."""

LEAST_TOKENS = 64
"""Fewer say nothing."""

MOST_CHARACTERS = 16 * MOST_WINDOWS * WINDOW_TOKENS
"""Enough for so many windows: tokens are a few characters long."""


def read_measured(source: str) -> str:
    """Read a text file.

    Raises:
        UserError: it can't be read.
    """
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(
            f"the text {source} can't be read: {reason}",
            "Name a UTF-8 text file, such as a part of WikiText.",
        ) from error


def measured_windows(
    source: str, text: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> tuple[MeasuredText, Tensor]:
    """Cut a text into windows that the model takes, `(windows, tokens)`.

    Raises:
        UserError: it is too short.
    """
    width = min(WINDOW_TOKENS, context_tokens(model) or WINDOW_TOKENS)
    windows = windows_of(text[:MOST_CHARACTERS], tokenizer, width)[:MOST_WINDOWS]
    if windows.numel() < LEAST_TOKENS:
        raise UserError(
            f"the text {source} has {windows.numel()} tokens, too few for a perplexity",
            f"Give one with at least {LEAST_TOKENS}; some thousand say something.",
        )
    return (
        MeasuredText(
            source=source,
            hash=hashlib.sha256(windows.contiguous().numpy().tobytes()).hexdigest(),
            windows=windows.shape[0],
            tokens=windows.shape[1],
        ),
        windows,
    )
