"""Sampling in which every item has random numbers of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import LogitsProcessor, TemperatureLogitsWarper, TopPLogitsWarper

from engine.decoding.decoder import Decoder
from engine.decoding.generation import generate
from engine.decoding.prompting import OpenPrompt
from engine.decoding.strategy import Sequences, Strategy
from engine.records.decodings.sample import Sample


def draw(decoder: Decoder, prompts: Sequence[OpenPrompt], decoding: Sample) -> list[Sequences]:
    """Independent samples of every prompt."""
    processors = samplers(decoding, [prompt.item.id for prompt in prompts])
    return generate(decoder, prompts, copies=decoding.count, processors=processors)


def samplers(decoding: Sample, item_ids: Sequence[str]) -> list[LogitsProcessor]:
    """Processors that leave one token of each row, `count` rows for each of the items."""
    processors: list[LogitsProcessor] = []
    if decoding.temperature != 1.0:
        processors.append(TemperatureLogitsWarper(decoding.temperature))
    if decoding.top_p < 1.0:
        processors.append(TopPLogitsWarper(decoding.top_p))
    processors.append(_Draw(decoding.seed, item_ids))
    return processors


class _Draw(LogitsProcessor):
    """Draws each row's token by inverse transform sampling, from one uniform number.

    Every item has a generator of its own, of the seed and its id: it is sampled alike alone and
    among others, independently of them, and nobody else's random numbers are used up.
    """

    def __init__(self, seed: int, item_ids: Sequence[str]) -> None:
        self._generators = [torch.Generator().manual_seed(_seed(seed, id_)) for id_ in item_ids]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        count = len(scores) // len(self._generators)
        uniform = torch.cat(
            [
                torch.rand(count, 1, generator=generator, dtype=torch.float64)
                for generator in self._generators
            ]
        )
        # Over a large vocabulary the rounding of a float32 sum would be seen; Metal has no float64.
        exact = torch.float32 if scores.device.type == "mps" else torch.float64
        uniform = uniform.to(scores.device, exact)
        sums = scores.float().softmax(-1).cumsum(-1, dtype=exact)
        # The first sum above the number; a token of probability zero never is.
        drawn = torch.searchsorted(sums, uniform * sums[:, -1:], right=True)
        drawn = drawn.clamp(max=scores.shape[-1] - 1)
        return torch.full_like(scores, -torch.inf).scatter_(-1, drawn, 0.0)


def _seed(seed: int, item_id: str) -> int:
    digest = hashlib.sha256(f"{seed}\n{item_id}".encode()).digest()
    return int.from_bytes(digest[:8], "little")


STRATEGY = Strategy(Sample, draw)
