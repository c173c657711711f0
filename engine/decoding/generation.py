"""Generating answers, in the same steps for a batch of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from engine.decoding.decoder import Decoder
from engine.decoding.prompting import OpenPrompt
from engine.models.tokens import end_tokens
from engine.models.weights import input_device
from engine.scoring.answers import ends_line


def generate(
    decoder: Decoder,
    prompts: Sequence[OpenPrompt],
    *,
    copies: int = 1,
    processors: Sequence[LogitsProcessor] = (),
    **options: Any,
) -> list[list[list[int]]]:
    """Continue every prompt by transformers' `generate`: greedily, unless asked for otherwise.

    Args:
        decoder: what the re-decode works with; its `check` and `on_step` are called at every step.
        prompts: a batch of them.
        copies: rows of the batch for each prompt, next to each other.
        processors: applied to the logits of every step, `(prompts x copies, vocabulary)`.
        options: of `GenerationConfig`.

    Returns:
        For every prompt its hypotheses, `copies` x `num_return_sequences`, each the generated ids
        up to and with its end token.
    """
    limit = decoder.settings.answer_tokens
    ends = end_tokens(decoder.model, decoder.tokenizer)
    # The model's own generation defaults (temperature, top-k, penalties) must not leak in.
    greedy = {
        "max_new_tokens": limit,
        "eos_token_id": sorted(ends),
        "pad_token_id": decoder.tokenizer.pad_token_id,
        "bos_token_id": decoder.tokenizer.bos_token_id,
        "use_cache": True,
        "return_dict_in_generate": False,
        "stop_strings": None,
        "repetition_penalty": 1.0,
        "no_repeat_ngram_size": 0,
        "length_penalty": 1.0,
        "num_beams": 1,
        "num_return_sequences": 1,
        "do_sample": False,
    }
    config = GenerationConfig(**{**greedy, **options})
    hypotheses = copies * config.num_return_sequences
    ids, mask = _padded([prompt.encoded.ids for prompt in prompts], input_device(decoder.model))
    width = ids.shape[1]
    model_generate: Any = decoder.model.generate
    output = model_generate(
        input_ids=ids.repeat_interleave(copies, 0),
        attention_mask=mask.repeat_interleave(copies, 0),
        generation_config=config,
        logits_processor=LogitsProcessorList(processors),
        stopping_criteria=StoppingCriteriaList([_Watcher(decoder, width, limit, hypotheses)]),
    )
    generated: list[list[int]] = output[:, width:].tolist()
    rows = iter(generated)
    return [
        [_ended(decoder, prompt, next(rows), ends) for _ in range(hypotheses)] for prompt in prompts
    ]


class _Watcher(StoppingCriteria):
    """Tells the first item's running texts at every step, and stops nothing unless told to."""

    def __init__(self, decoder: Decoder, prompt_length: int, steps: int, rows: int) -> None:
        self._decoder = decoder
        self._prompt_length = prompt_length
        self._steps = steps
        self._rows = rows

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: Any) -> Tensor:
        self._decoder.check()
        # Beam search hands in its candidates too, best first.
        ids = input_ids[: self._rows, self._prompt_length :]
        texts = self._decoder.tokenizer.batch_decode(ids, skip_special_tokens=True)
        self._decoder.on_step(ids.shape[1], self._steps, tuple(text.strip() for text in texts))
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


def _padded(sequences: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and mask, each `(batch, tokens)`, padded on the left."""
    width = max(map(len, sequences))
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in sequences], device=device)
    lengths = torch.tensor([len(row) for row in sequences], device=device)
    positions = torch.arange(width, device=device)
    return ids, (positions >= width - lengths[:, None]).long()


def _ended(decoder: Decoder, prompt: OpenPrompt, ids: list[int], ends: frozenset[int]) -> list[int]:
    """Cut behind the first end token, or where a one-line answer breaks its line."""
    one_line = prompt.prompt.one_line
    for length, id_ in enumerate(ids, start=1):
        if id_ in ends or (one_line and ends_line(decoder.tokenizer, ids[:length])):
            return ids[:length]
    return ids
