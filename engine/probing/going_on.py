"""Letting a model go on greedily after what its answer is made to begin with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from engine.models.tokens import end_tokens
from engine.probing.probing import Probing, Subject
from engine.scoring.answers import ends_line
from engine.scoring.forward import extend, prefill
from engine.scoring.greedy import greedy
from engine.scoring.passes import forward_pass

Begun = tuple[int, ...]
"""The tokens that an answer begins with."""


def go_on(
    probing: Probing, model: PreTrainedModel, subjects: Sequence[Subject], begun: Sequence[Begun]
) -> list[tuple[int, ...]]:
    """Whole answers, each with what it was made to begin with and without its end token.

    A row goes on until the model ends it, or until it is as long as the run's answers may be.
    """
    answers = list(begun)
    limit = probing.settings.answer_tokens
    ends = end_tokens(model, probing.tokenizer)
    rows = [row for row, ids in enumerate(begun) if len(ids) < limit and not ends & set(ids)]
    if not rows:
        return answers

    def stops(place: int, ids: list[int]) -> bool:
        row = rows[place]
        whole = (*begun[row], *ids)
        one_line = subjects[row].prompt.one_line
        return len(whole) >= limit or (one_line and ends_line(probing.tokenizer, whole))

    sequences = [(*subjects[row].before, *begun[row]) for row in rows]
    with torch.inference_mode():
        with forward_pass(model, probing.check):
            prefix = prefill(model, [sequence[:-1] for sequence in sequences])
            output = extend(model, prefix, [sequence[-1:] for sequence in sequences])
        generated = greedy(
            model,
            output.prefix,
            output.logits[:, -1],
            limit=limit - min(len(begun[row]) for row in rows),
            ends=ends,
            stops=stops,
            check=probing.check,
        )
    for row, one in zip(rows, generated, strict=True):
        answers[row] = (*begun[row], *one.ids)
    return answers
