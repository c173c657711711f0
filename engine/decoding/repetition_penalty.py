"""Greedy decoding that penalises tokens that were there before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, RepetitionPenaltyLogitsProcessor

from engine.decoding.decoder import Decoder
from engine.decoding.generation import generate
from engine.decoding.prompting import OpenPrompt
from engine.decoding.strategy import Sequences, Strategy
from engine.models.weights import input_device
from engine.records.decodings.repetition_penalty import RepetitionPenalty


def penalised(
    decoder: Decoder, prompts: Sequence[OpenPrompt], decoding: RepetitionPenalty
) -> list[Sequences]:
    """The likeliest token at every step, after the penalty."""
    encoded = [prompt.encoded.ids for prompt in prompts]
    device = input_device(decoder.model)
    return generate(decoder, prompts, processors=[Penalty(decoding.penalty, encoded, device)])


class Penalty(LogitsProcessor):
    """transformers' penalty over prompt and answer, but not over what pads shorter prompts.

    In a batch, a padding token that is also an end token would else be penalised, and the item be
    decoded otherwise than alone.
    """

    def __init__(
        self, penalty: float, prompts: Sequence[Sequence[int]], device: torch.device
    ) -> None:
        self._penalise = RepetitionPenaltyLogitsProcessor(penalty)
        longest = max(map(len, prompts))
        self._padding = torch.tensor([longest - len(ids) for ids in prompts], device=device)
        # A token that is there anyway stands for the padding.
        self._first = torch.tensor([ids[0] for ids in prompts], device=device)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        padding = places < self._padding[:, None]
        ids: Any = torch.where(padding, self._first[:, None], input_ids)
        penalised: Tensor = self._penalise(ids, scores)
        return penalised


STRATEGY = Strategy(RepetitionPenalty, penalised)
