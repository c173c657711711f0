"""Greedy decoding of many rows, which leave the batch as they end."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.scoring.forward import Prefix, next_logits
from engine.scoring.likelihood import best_tokens
from engine.scoring.passes import forward_pass
from engine.scoring.wanted import Generated

LEAVING = 0.2
"""Ended rows leave the batch when they are more than this share of it: leaving is a copy."""

STEPS_UNSEEN = 4
"""On an accelerator so many steps are made before their tokens are looked at, for looking waits
until the device is done. Steps past a row's end are thrown away."""


def greedy(
    model: PreTrainedModel,
    prefix: Prefix,
    logits: Tensor,
    *,
    limit: int,
    ends: Collection[int],
    stops: Callable[[int, list[int]], bool],
    check: Callable[[], None],
) -> list[Generated]:
    """Continue each row with its likeliest token until it ends.

    Args:
        model: under the variant in question.
        prefix: the prompts, computed up to the answer position; it can't be used again.
        logits: (batch, vocabulary) at the answer position.
        limit: the greatest number of tokens.
        ends: ids that end an answer; they count towards its log-probability.
        stops: whether the ids so far end the answer of a row.
        check: called between blocks; raises to cancel.
    """
    ids: list[list[int]] = [[] for _ in range(len(logits))]
    totals = [0.0] * len(ids)
    rows = list(range(len(ids)))
    alive = set(rows)
    unseen: list[tuple[Tensor, Tensor]] = []
    patience = 1 if logits.device.type == "cpu" else STEPS_UNSEEN
    with forward_pass(model, check):
        for step in range(1, limit + 1):
            tokens, log_p = best_tokens(logits)
            unseen.append((tokens, log_p))
            if len(unseen) == patience or step == limit:
                for step_tokens, values in _on_host(unseen):
                    for row, token, value in zip(rows, step_tokens, values, strict=True):
                        if row not in alive:
                            continue
                        totals[row] += value
                        if token not in ends:
                            ids[row].append(token)
                        if token in ends or stops(row, ids[row]):
                            alive.discard(row)
                unseen = []
            if not alive or step == limit:
                break
            if not unseen and len(alive) < (1 - LEAVING) * len(rows):
                kept = [place for place, row in enumerate(rows) if row in alive]
                rows = [rows[place] for place in kept]
                places = torch.tensor(kept, device=logits.device)
                prefix, tokens = prefix.select(places), tokens[places]
            prefix, logits = next_logits(model, prefix, tokens)
    return [Generated(tuple(row), total) for row, total in zip(ids, totals, strict=True)]


def _on_host(steps: list[tuple[Tensor, Tensor]]) -> list[tuple[list[int], list[float]]]:
    """Tokens and log-probabilities of steps, fetched from the device at once."""
    tokens = torch.stack([tokens for tokens, _ in steps]).tolist()
    values = torch.stack([values for _, values in steps]).tolist()
    return list(zip(tokens, values, strict=True))
