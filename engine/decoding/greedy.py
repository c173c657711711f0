"""Greedy decoding."""

from __future__ import annotations

from collections.abc import Sequence

from engine.decoding.decoder import Decoder
from engine.decoding.generation import generate
from engine.decoding.prompting import OpenPrompt
from engine.decoding.strategy import Sequences, Strategy
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.greedy import Greedy


def greedy(decoder: Decoder, prompts: Sequence[OpenPrompt], decoding: Decoding) -> list[Sequences]:
    """The likeliest token at every step."""
    return generate(decoder, prompts)


STRATEGY = Strategy(Greedy, greedy)
