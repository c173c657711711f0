"""Greedy open answers that continue computed prompts."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec
from torch import Tensor
from transformers import PreTrainedModel

from engine.scoring.forward import Prefix, extend
from engine.scoring.likelihood import log_softmax


class Generated(msgspec.Struct, frozen=True):
    """A generated token sequence, without its end token, and its summed log-probability."""

    ids: tuple[int, ...]
    log_probability: float


def greedy(
    model: PreTrainedModel,
    prefix: Prefix,
    logits: Tensor,
    *,
    limit: int,
    ends: Collection[int],
    stops: Callable[[list[int]], bool],
    check: Callable[[], None],
) -> list[Generated]:
    """Continue each row with its likeliest token until it ends.

    Args:
        model: under the variant in question.
        prefix: the prompts, computed up to the answer position; it can't be used again.
        logits: (batch, vocabulary) at the answer position.
        limit: the greatest number of tokens.
        ends: ids that end an answer; they count towards its log-probability.
        stops: whether the ids so far end an answer.
        check: called before every step; raises to cancel.
    """
    ids: list[list[int]] = [[] for _ in range(len(logits))]
    totals = [0.0] * len(ids)
    alive = set(range(len(ids)))
    for step in range(limit):
        check()
        best = log_softmax(logits).max(dim=-1)
        tokens = best.indices.tolist()
        values = best.values.tolist()
        for row in sorted(alive):
            totals[row] += values[row]
            if tokens[row] in ends:
                alive.discard(row)
                continue
            ids[row].append(tokens[row])
            if stops(ids[row]):
                alive.discard(row)
        if not alive or step == limit - 1:
            break
        output = extend(model, prefix, [[token] for token in tokens])
        prefix, logits = output.prefix, output.logits[:, -1]
    return [Generated(tuple(row), total) for row, total in zip(ids, totals, strict=True)]
