"""Sampling by the Gumbel-max trick, every item with random numbers of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from engine.records.decodings import Sample


def samplers(decoding: Sample, items: int) -> LogitsProcessorList:
    """Processors after which the largest score is a sample, for `items` times `count` rows."""
    processors = LogitsProcessorList()
    if decoding.temperature != 1.0:
        processors.append(TemperatureLogitsWarper(decoding.temperature))
    if decoding.top_p < 1.0:
        processors.append(TopPLogitsWarper(decoding.top_p))
    processors.append(_Gumbel(decoding.seed, items))
    return processors


class _Gumbel(LogitsProcessor):
    """Adds Gumbel noise, drawn for each item apart.

    An item is sampled alike alone and among others, and nobody else's random numbers are used up.
    With g = -log(e), e exponential, argmax(logits + g) is distributed as softmax(logits) (Gumbel
    1954; Maddison et al. 2014, section 2).
    """

    def __init__(self, seed: int, items: int) -> None:
        self._seed = seed
        self._items = items
        self._generators: list[torch.Generator] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if not self._generators:
            self._generators = [
                torch.Generator(scores.device).manual_seed(self._seed) for _ in range(self._items)
            ]
        exponential = torch.empty_like(scores, dtype=torch.float32)
        for rows, generator in zip(exponential.chunk(self._items), self._generators, strict=True):
            rows.exponential_(generator=generator)
        tiny = torch.finfo(torch.float32).tiny
        return scores.float() - exponential.clamp(min=tiny).log()
