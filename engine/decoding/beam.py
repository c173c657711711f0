"""Beam search."""

from __future__ import annotations

from collections.abc import Sequence

from engine.decoding.decoder import Decoder
from engine.decoding.generation import generate
from engine.decoding.prompting import OpenPrompt
from engine.decoding.strategy import Sequences, Strategy
from engine.records.decodings.beam import Beam


def search(decoder: Decoder, prompts: Sequence[OpenPrompt], decoding: Beam) -> list[Sequences]:
    """Every beam, best first."""
    return generate(
        decoder,
        prompts,
        num_beams=decoding.width,
        num_return_sequences=decoding.width,
        length_penalty=decoding.length_penalty,
    )


STRATEGY = Strategy(Beam, search)
