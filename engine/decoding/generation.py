"""Generating answers, in the same steps for a batch of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import LogitsProcessor

from engine.decoding import beams, library, stepping
from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.prompting import OpenPrompt
from engine.scoring.packed import LONGEST_ROW

BEAM_OPTIONS = frozenset({"num_beams", "num_return_sequences", "length_penalty"})


def shares_prompts(decoder: Decoder, encoded: Sequence[Sequence[int]]) -> bool:
    """Whether prompts, by their token ids, are computed once and shared by what follows them."""
    return max(map(len, encoded)) <= LONGEST_ROW and decoder.packed(encoded)


def generate(
    decoder: Decoder,
    prompts: Sequence[OpenPrompt],
    *,
    copies: int = 1,
    processors: Sequence[LogitsProcessor] = (),
    **options: Any,
) -> list[list[Decoded]]:
    """Continue every prompt: greedily, unless asked for otherwise.

    Greedy decoding, sampling by processors, and plain beam search share every prompt's forward pass
    where the model takes tries; anything else goes through transformers' `generate`.

    Args:
        decoder: what the re-decode works with; its `check` and `on_step` are called at every step.
        prompts: a batch of them.
        copies: hypotheses of each prompt, next to each other in what processors see.
        processors: applied to the logits of every step, `(prompts x copies, vocabulary)`.
        options: of `GenerationConfig`.

    Returns:
        For every prompt its hypotheses, `copies` x `num_return_sequences`.
    """
    encoded = [prompt.encoded.ids for prompt in prompts]
    if shares_prompts(decoder, encoded):
        if not options:
            return stepping.continue_prompts(decoder, prompts, copies, processors)
        width = options.get("num_beams", 1)
        every_beam = options.get("num_return_sequences", 1) == width
        if options.keys() <= BEAM_OPTIONS and every_beam and copies == 1 and not processors:
            return beams.search(decoder, prompts, width, options.get("length_penalty", 1.0))
    return library.generate(decoder, prompts, copies=copies, processors=processors, **options)
