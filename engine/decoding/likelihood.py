"""The log-probability of generated answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.prompting import OpenPrompt
from engine.models.weights import input_device
from engine.scoring.forward import LOGITS_AT_ONCE, extend, prefill
from engine.scoring.likelihood import token_log_probabilities


class _Answer(NamedTuple):
    """A generated answer with the number of its prompt in the batch."""

    prompt: int
    ids: list[int]


def log_probabilities(
    decoder: Decoder, prompts: Sequence[OpenPrompt], sequences: Sequence[Sequence[Decoded]]
) -> list[list[float]]:
    """Of every hypothesis of every prompt, at temperature 1: as it was generated, or computed now.

    The forward passes share the prompts' keys and values.
    """
    known = [[one.log_probability for one in own] for own in sequences]
    if all(value is not None for values in known for value in values):
        return [[value for value in values if value is not None] for values in known]
    decoder.check()
    shared = prefill(decoder.model, [prompt.encoded.before_last for prompt in prompts])
    answers = [_Answer(number, one.ids) for number, own in enumerate(sequences) for one in own]
    longest = 1 + max(len(answer.ids) for answer in answers)
    vocabulary = decoder.model.get_output_embeddings().weight.shape[0]
    at_once = max(1, LOGITS_AT_ONCE // (vocabulary * longest))
    sums: list[list[float]] = [[] for _ in prompts]
    for start in range(0, len(answers), at_once):
        decoder.check()
        chunk = answers[start : start + at_once]
        rows = torch.tensor([one.prompt for one in chunk], device=input_device(decoder.model))
        tails = [[prompts[one.prompt].encoded.ids[-1], *one.ids] for one in chunk]
        logits = extend(decoder.model, shared.select(rows), tails).logits
        for answer, row in zip(chunk, logits, strict=True):
            log_p = token_log_probabilities(row[: len(answer.ids)], answer.ids)
            sums[answer.prompt].append(float(log_p.sum()))
    return sums
