"""Greedy decoding and sampling: branches that share their prompt, and leave as they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from engine.decoding.branches import Branches
from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.endings import ends_answer
from engine.decoding.padding import padded
from engine.decoding.prompting import OpenPrompt
from engine.models.weights import input_device
from engine.scoring.likelihood import log_probabilities


class _Answer:
    """An answer as far as it has come."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.log_probability = 0.0
        self.ended = False


def continue_prompts(
    decoder: Decoder,
    prompts: Sequence[OpenPrompt],
    copies: int,
    processors: Sequence[LogitsProcessor],
) -> list[list[Decoded]]:
    """Continue every prompt by its likeliest tokens, in so many copies, after processors.

    Processors see the logits of all prompts and copies at every step, as transformers' `generate`
    shows them; those of answers that have ended are zero.
    """
    limit = decoder.settings.answer_tokens
    device = input_device(decoder.model)
    encoded = [prompt.encoded.ids for prompt in prompts]
    branches = Branches(decoder.model, encoded, limit * copies, decoder.check)
    choice = _Choice(encoded, copies, processors, device)
    grid = [[_Answer() for _ in range(copies)] for _ in prompts]
    # Of every row its prompt, and the copy of every tip in it; no copy is there twice, but where a
    # row with fewer answers left is filled up with one of them.
    rows = list(range(len(prompts)))
    tips = [list(range(copies)) for _ in prompts]
    logits = branches.logits[:, None].expand(-1, copies, -1)
    for step in range(1, limit + 1):
        decoder.check()
        places = [
            [row * copies + copy for copy in its] for row, its in zip(rows, tips, strict=True)
        ]
        tokens = choice.tokens(logits, torch.tensor(places, device=device))
        log_p = log_probabilities(logits.flatten(0, 1), tokens.flatten()).view_as(tokens)
        for row, its, *found in zip(rows, tips, tokens.tolist(), log_p.tolist(), strict=True):
            drawn = {copy: pair for copy, *pair in zip(its, *found, strict=True)}
            for copy, (token, value) in drawn.items():
                _go_on(decoder, prompts[row], grid[row][copy], token, value)
        texts = [answer.ids for answer in grid[0]]
        told = decoder.tokenizer.batch_decode(texts, skip_special_tokens=True)
        decoder.on_step(step, limit, tuple(text.strip() for text in told))
        alive = [
            {copy: tip for tip, copy in enumerate(its) if not grid[row][copy].ended}
            for row, its in zip(rows, tips, strict=True)
        ]
        if step == limit or not any(alive):
            break
        kept = [place for place, its in enumerate(alive) if its]
        if len(kept) < len(rows):
            index = torch.tensor(kept, device=device)
            branches.keep(index)
            tokens = tokens[index]
        most = max(len(alive[place]) for place in kept)
        rows = [rows[place] for place in kept]
        filled = [_filled(list(alive[place].items()), most) for place in kept]
        tips = [[copy for copy, _ in its] for its in filled]
        followed = torch.tensor([[tip for _, tip in its] for its in filled], device=device)
        logits = branches.grow(tokens.gather(1, followed), followed)
    return [[Decoded(one.ids, one.log_probability) for one in answers] for answers in grid]


def _filled(pairs: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    return pairs + pairs[:1] * (length - len(pairs))


def _go_on(
    decoder: Decoder, prompt: OpenPrompt, answer: _Answer, token: int, log_probability: float
) -> None:
    answer.ids.append(token)
    answer.log_probability += log_probability
    answer.ended = ends_answer(decoder, prompt, answer.ids)


class _Choice:
    """The next tokens, after processors that see every prompt and copy."""

    def __init__(
        self,
        prompts: Sequence[Sequence[int]],
        copies: int,
        processors: Sequence[LogitsProcessor],
        device: torch.device,
    ) -> None:
        self._processors = LogitsProcessorList(processors)
        self._ids = padded(prompts, device)[0].repeat_interleave(copies, 0)

    def tokens(self, logits: Tensor, places: Tensor) -> Tensor:
        """The tokens (rows, tips) by their logits (rows, tips, vocabulary) and their places."""
        if not self._processors:
            return logits.argmax(-1)
        everything = torch.zeros(
            len(self._ids), logits.shape[-1], dtype=torch.float32, device=logits.device
        )
        everything[places.flatten()] = logits.flatten(0, 1).float()
        ids: Any = self._ids  # what processors declare is a legacy type
        chosen = self._processors(ids, everything).argmax(-1)
        self._ids = torch.cat([self._ids, chosen[:, None]], dim=1)
        return chosen[places]
