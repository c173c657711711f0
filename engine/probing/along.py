"""The greedy answers of both models, and the gold answer's first token at every step of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import takewhile

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.tokens import end_tokens
from engine.probing.going_on import Begun, go_on
from engine.probing.passes import batch_of, logits_of
from engine.probing.prober import Prober
from engine.probing.probing import Probing, Subject
from engine.records.instruments.along import Along, AlongFinding, AlongPath, AlongStep
from engine.records.scores import TokenScore
from engine.records.settings import DENSE
from engine.scoring.answers import answer_text
from engine.scoring.likelihood import (
    WantedToken,
    token_figures,
    token_score,
    token_text,
    top_tokens,
)

TOP = 10
"""So many tokens are shown where the answers part."""

Walked = tuple[Begun, Tensor]
"""An answer's tokens, its end token too, and the logits (tokens, vocabulary) of each."""


def find_steps(
    probing: Probing, subjects: Sequence[Subject], instrument: Along
) -> list[AlongFinding]:
    """Walk along both greedy answers of every item."""
    walked: dict[str, list[Walked]] = {}
    for number, name in enumerate((DENSE, probing.variant)):
        probing.step(name, number / 2, None)
        with probing.variants.using(name) as model:
            answers = go_on(probing, model, subjects, [() for _ in subjects])
            walked[name] = _walked(probing, model, subjects, answers)
    return [
        _finding(probing, subject, instrument, before, after)
        for subject, before, after in zip(
            subjects, walked[DENSE], walked[probing.variant], strict=True
        )
    ]


def _walked(
    probing: Probing, model: PreTrainedModel, subjects: Sequence[Subject], answers: Sequence[Begun]
) -> list[Walked]:
    """Answers with the logits that chose them, all from one pass without a cache."""
    rows = [(*subject.before, *ids) for subject, ids in zip(subjects, answers, strict=True)]
    reads = [
        range(len(subject.before) - 1, len(row))
        for subject, row in zip(subjects, rows, strict=True)
    ]
    with torch.inference_mode():
        logits = logits_of(model, batch_of(model, rows, reads), probing.check)
    ends = end_tokens(model, probing.tokenizer)
    walked = []
    for ids, own in zip(answers, logits.split([len(read) for read in reads]), strict=True):
        last = int(own[-1].argmax())
        walked.append(((*ids, last), own) if last in ends else (ids, own[: len(ids)]))
    return walked


def _finding(
    probing: Probing, subject: Subject, instrument: Along, dense: Walked, compressed: Walked
) -> AlongFinding:
    pairs = zip(dense[0], compressed[0], strict=False)
    together = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    # One answer may be cut off where the other one goes on: they don't part then.
    parts = together < min(len(dense[0]), len(compressed[0]))
    return AlongFinding(
        item_id=subject.item.id,
        variant=probing.variant,
        instrument=instrument,
        answer=subject.answer,
        token=token_text(probing.tokenizer, subject.gold[0]),
        dense=_path(probing, subject, dense),
        compressed=_path(probing, subject, compressed),
        parts_at=together if parts else None,
        dense_top=_top(probing, dense, together) if parts else (),
        compressed_top=_top(probing, compressed, together) if parts else (),
    )


def _path(probing: Probing, subject: Subject, walked: Walked) -> AlongPath:
    ids, logits = walked
    gold = token_figures(
        logits, [WantedToken(step, subject.gold[0], True) for step in range(len(ids))]
    )
    own = token_figures(logits, [WantedToken(step, id_, True) for step, id_ in enumerate(ids)])
    return AlongPath(
        text=answer_text(probing.tokenizer, ids, subject.prompt),
        steps=tuple(
            AlongStep(
                token_score(token, id_, probing.tokenizer),
                its.rank or 0,
                math.exp(its.log_probability),
            )
            for id_, token, its in zip(ids, own, gold, strict=True)
        ),
    )


def _top(probing: Probing, walked: Walked, step: int) -> tuple[TokenScore, ...]:
    return top_tokens(walked[1][step], TOP, probing.tokenizer)


PROBER = Prober(Along, find_steps)
