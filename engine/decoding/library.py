"""Generating answers by transformers' `generate`, every hypothesis in a row of its own."""

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

from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.endings import answer_length
from engine.decoding.padding import padded
from engine.decoding.prompting import OpenPrompt
from engine.models.tokens import end_tokens
from engine.models.weights import input_device


def generate(
    decoder: Decoder,
    prompts: Sequence[OpenPrompt],
    *,
    copies: int = 1,
    processors: Sequence[LogitsProcessor] = (),
    **options: Any,
) -> list[list[Decoded]]:
    """Continue every prompt; as `engine.decoding.generation.generate`, for models of any kind."""
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
    ids, mask = padded([prompt.encoded.ids for prompt in prompts], input_device(decoder.model))
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
    # The beams of all prompts take steps until the last one is found.
    steps = output.shape[1] - width if config.num_beams > 1 else None
    return [
        [_cut(decoder, prompt, next(rows), steps) for _ in range(hypotheses)] for prompt in prompts
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


def _cut(decoder: Decoder, prompt: OpenPrompt, ids: list[int], steps: int | None) -> Decoded:
    return Decoded(ids[: answer_length(decoder, prompt, ids)], steps=steps)
