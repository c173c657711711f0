"""Where a generated answer ends."""

from __future__ import annotations

from collections.abc import Sequence

from engine.decoding.decoder import Decoder
from engine.decoding.prompting import OpenPrompt
from engine.models.tokens import end_tokens
from engine.scoring.answers import ends_line


def ends_answer(decoder: Decoder, prompt: OpenPrompt, ids: Sequence[int]) -> bool:
    """Whether the last of the ids ends the answer: an end token, or a one-line answer's line."""
    return ids[-1] in end_tokens(decoder.model, decoder.tokenizer) or (
        prompt.prompt.one_line and ends_line(decoder.tokenizer, ids)
    )


def answer_length(decoder: Decoder, prompt: OpenPrompt, ids: Sequence[int]) -> int:
    """How many of the ids belong to the answer, the one that ends it included."""
    lengths = range(1, len(ids))
    return next((n for n in lengths if ends_answer(decoder, prompt, ids[:n])), len(ids))
