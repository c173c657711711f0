"""What a model does with a batch of encoded prompts: likelihoods, answer position, greedy text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.models.tokens import end_tokens
from engine.models.weights import input_device
from engine.records.scores import TokenScore
from engine.scoring.encoding import EncodedPrompt
from engine.scoring.forward import LOGITS_AT_ONCE, Prefix, extend, no_prefix, prefill
from engine.scoring.greedy import Generated, greedy
from engine.scoring.likelihood import token_log_probabilities, token_scores
from engine.scoring.prompts import Prompt


class ContinuationScore(msgspec.Struct, frozen=True):
    """One continuation: summed log-likelihood and, where asked for, every token's rank."""

    log_likelihood: float
    tokens: int
    token_scores: tuple[TokenScore, ...]


class PromptScore(msgspec.Struct, frozen=True):
    """One prompt: logits at its answer position, its continuations, its greedy answer.

    `answer_logits` is (vocabulary,) float32.
    """

    answer_logits: Tensor
    continuations: tuple[ContinuationScore, ...]
    generated: Generated | None


def score_prompts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[tuple[Prompt, EncodedPrompt]],
    *,
    ranked: Sequence[frozenset[int]],
    answered: Sequence[int],
    answer_tokens: int,
    check: Callable[[], None],
) -> list[PromptScore]:
    """Score a batch of prompts, each prompt's forward pass shared by all of its continuations.

    Args:
        model: under the variant in question.
        tokenizer: of the model.
        prompts: the batch.
        ranked: for every prompt the continuations whose tokens are ranked, too.
        answered: places of the prompts that get a greedy answer.
        answer_tokens: length of a greedy answer at most.
        check: called between forward passes; raises to cancel.
    """
    encoded = [pair[1] for pair in prompts]
    prefix = prefill(model, [one.before_last for one in encoded])
    everything = torch.arange(len(encoded), device=input_device(model))
    output = extend(model, prefix.select(everything), [one.ids[-1:] for one in encoded])
    answer_logits = output.logits[:, -1]
    generated: dict[int, Generated] = {}
    if answered:
        one_line = all(prompts[place][0].one_line for place in answered)
        rows = torch.tensor(answered, device=input_device(model))
        answers = greedy(
            model,
            output.prefix.select(rows) if len(answered) < len(prompts) else output.prefix,
            answer_logits[rows],
            limit=answer_tokens,
            ends=end_tokens(model, tokenizer),
            stops=(lambda ids: ends_line(tokenizer, ids)) if one_line else lambda ids: False,
            check=check,
        )
        generated = dict(zip(answered, answers, strict=True))
    del output
    check()
    scored = _score_rows(model, tokenizer, encoded, prefix, answer_logits, ranked, check)
    return [
        PromptScore(logits.float(), tuple(scores), generated.get(place))
        for place, (logits, scores) in enumerate(zip(answer_logits, scored, strict=True))
    ]


def ends_line(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> bool:
    """Whether the text of the ids has a line break after its first word."""
    return "\n" in str(tokenizer.decode(list(ids))).lstrip()


def answer_text(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], prompt: Prompt) -> str:
    """The text of a generated answer, without special tokens and surrounding space."""
    text = str(tokenizer.decode(list(ids), skip_special_tokens=True)).strip()
    return text.split("\n", 1)[0].rstrip() if prompt.one_line else text


def _score_rows(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Sequence[EncodedPrompt],
    prefix: Prefix,
    answer_logits: Tensor,
    ranked: Sequence[frozenset[int]],
    check: Callable[[], None],
) -> list[list[ContinuationScore]]:
    found: dict[tuple[int, int], ContinuationScore] = {}
    for chunk in _chunks(model, encoded):
        check()
        wholes = [encoded[i].continuations[place].whole for i, place in chunk]
        if encoded[chunk[0][0]].continuations[chunk[0][1]].shares_prompt:
            cut = [len(encoded[i].ids) - 1 for i, _ in chunk]
            before = prefix.select(torch.tensor([i for i, _ in chunk], device=input_device(model)))
        else:
            cut = [0] * len(chunk)
            before = no_prefix(model, len(chunk))
        tails = [whole[k:] for whole, k in zip(wholes, cut, strict=True)]
        logits = extend(model, before, tails).logits
        for row, (i, place) in enumerate(chunk):
            continuation = encoded[i].continuations[place]
            ids = continuation.ids
            first = continuation.start - 1 - cut[row]
            own = logits[row, first : first + len(ids)]
            if continuation.whole[: continuation.start] == encoded[i].ids:
                # The answer position was computed before, in other company: where a number format
                # rounds, every figure of that position must come from the same logits.
                own = torch.cat([answer_logits[i : i + 1], own[1:]])
            total = float(token_log_probabilities(own, ids).sum()) if ids else 0.0
            scores = token_scores(own, ids, tokenizer) if ids and place in ranked[i] else ()
            found[i, place] = ContinuationScore(total, len(ids), scores)
    return [[found[i, p] for p in range(len(one.continuations))] for i, one in enumerate(encoded)]


def _chunks(
    model: PreTrainedModel, encoded: Sequence[EncodedPrompt]
) -> Iterator[list[tuple[int, int]]]:
    """All continuations as (prompt, place), cut so that a chunk's logits stay within bounds.

    Rows of like length share a forward pass, so that the padding stays small.
    """

    def width(row: tuple[int, int]) -> int:
        continuation = encoded[row[0]].continuations[row[1]]
        shared = len(encoded[row[0]].ids) - 1 if continuation.shares_prompt else 0
        return len(continuation.whole) - shared

    vocabulary = model.get_output_embeddings().weight.shape[0]
    rows = [(i, place) for i, one in enumerate(encoded) for place in range(len(one.continuations))]
    for shares in (True, False):
        some = [
            row for row in rows if encoded[row[0]].continuations[row[1]].shares_prompt == shares
        ]
        some.sort(key=width, reverse=True)
        while some:
            size = max(1, LOGITS_AT_ONCE // (vocabulary * width(some[0])))
            yield some[:size]
            some = some[size:]
