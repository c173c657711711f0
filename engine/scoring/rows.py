"""Scoring prompts one sequence a row: continuations share their prompt's keys and values.

For models whose attention takes no tree mask (`engine.scoring.trees` is for the others).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.models.structure import vocabulary_size
from engine.models.weights import input_device
from engine.scoring.answers import greedy_answers
from engine.scoring.encoding import Continuation
from engine.scoring.forward import LOGITS_AT_ONCE, Output, Prefix, extend, no_prefix, prefill
from engine.scoring.likelihood import token_log_probabilities, token_scores
from engine.scoring.passes import forward_pass
from engine.scoring.wanted import ContinuationScore, Generated, PromptScore, WantedScores


class _Unscored(msgspec.Struct, frozen=True, kw_only=True):
    """A continuation that is still to be scored.

    Attributes:
        row: its prompt's row in the batch.
        index: its index among the prompt's continuations.
        continuation: its tokens.
        shared: how many of the prompt's tokens are already computed for it.
        from_answer: whether its first token follows the prompt's own tokens, all of them.
        ranked: whether its tokens are ranked.
    """

    row: int
    index: int
    continuation: Continuation
    shared: int
    from_answer: bool
    ranked: bool

    @property
    def tail(self) -> tuple[int, ...]:
        """The tokens that still have to pass through the model."""
        return self.continuation.whole[self.shared :]


def score_items(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    items: Sequence[Sequence[WantedScores]],
    *,
    answer_tokens: int,
    check: Callable[[], None],
) -> list[list[PromptScore]]:
    """Score a batch of items, each by its prompts.

    Args:
        model: under the variant in question.
        tokenizer: of the model.
        items: the prompts of every item.
        answer_tokens: the greatest length of a greedy answer.
        check: called between blocks; raises to cancel.

    Returns:
        Of every item the scores of its prompts.
    """
    prompts = [prompt for its in items for prompt in its]
    scores = iter(_score_prompts(model, tokenizer, prompts, answer_tokens, check))
    return [[next(scores) for _ in its] for its in items]


def _score_prompts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[WantedScores],
    answer_tokens: int,
    check: Callable[[], None],
) -> list[PromptScore]:
    encoded = [prompt.encoded for prompt in prompts]
    with forward_pass(model, check):
        prefix = prefill(model, [prompt.before_last for prompt in encoded])
        every_row = torch.arange(len(encoded), device=input_device(model))
        output = extend(model, prefix.select(every_row), [prompt.ids[-1:] for prompt in encoded])
    answer_logits = output.logits[:, -1]
    answers = _greedy_answers(model, tokenizer, prompts, output, answer_tokens, check)
    del output
    scored: list[dict[int, ContinuationScore]] = [{} for _ in prompts]
    with forward_pass(model, check):
        for chunk in _chunks(_unscored(prompts), vocabulary_size(model)):
            for unscored, logits in zip(chunk, _own_logits(model, prefix, chunk), strict=True):
                scored[unscored.row][unscored.index] = _score(
                    unscored, _from_answer_position(unscored, logits, answer_logits), tokenizer
                )
    return [
        PromptScore(
            logits.float(),
            tuple(by_index[index] for index in range(len(by_index))),
            answers.get(row),
        )
        for row, (logits, by_index) in enumerate(zip(answer_logits, scored, strict=True))
    ]


def _greedy_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[WantedScores],
    output: Output,
    limit: int,
    check: Callable[[], None],
) -> dict[int, Generated]:
    """Greedy answers by the row of their prompt; the prefix of `output` is consumed."""
    answered = [row for row, prompt in enumerate(prompts) if prompt.answered]
    if not answered:
        return {}
    rows = torch.tensor(answered, device=input_device(model))
    answers = greedy_answers(
        model,
        tokenizer,
        [prompts[row].encoded.prompt for row in answered],
        output.prefix.select(rows) if len(answered) < len(prompts) else output.prefix,
        output.logits[:, -1][rows],
        limit=limit,
        check=check,
    )
    return dict(zip(answered, answers, strict=True))


def _unscored(prompts: Sequence[WantedScores]) -> list[_Unscored]:
    return [
        _Unscored(
            row=row,
            index=index,
            continuation=continuation,
            shared=len(prompt.encoded.before_last) if continuation.shares_prompt else 0,
            from_answer=continuation.whole[: continuation.start] == prompt.encoded.ids,
            ranked=index in prompt.ranked,
        )
        for row, prompt in enumerate(prompts)
        for index, continuation in enumerate(prompt.encoded.continuations)
    ]


def _chunks(continuations: Sequence[_Unscored], vocabulary: int) -> Iterator[list[_Unscored]]:
    """Cut continuations into chunks that share a forward pass, so that its logits stay in bounds.

    A chunk's continuations all follow their prompt's computed tokens, or none does. Those of like
    length are together, so that there is little padding.
    """
    sharing = [unscored for unscored in continuations if unscored.shared]
    whole = [unscored for unscored in continuations if not unscored.shared]
    for alike in (sharing, whole):
        rest = sorted(alike, key=lambda unscored: len(unscored.tail), reverse=True)
        while rest:
            size = max(1, LOGITS_AT_ONCE // (vocabulary * len(rest[0].tail)))
            yield rest[:size]
            rest = rest[size:]


def _own_logits(
    model: PreTrainedModel, prefix: Prefix, chunk: Sequence[_Unscored]
) -> Iterable[Tensor]:
    """For each continuation the logits (its tokens, vocabulary) that its tokens are scored by."""
    if chunk[0].shared:
        rows = torch.tensor([unscored.row for unscored in chunk], device=input_device(model))
        before = prefix.select(rows)
    else:
        before = no_prefix(model, len(chunk))
    logits = extend(model, before, [unscored.tail for unscored in chunk]).logits
    for unscored, row_logits in zip(chunk, logits, strict=True):
        # The logits at a position are those of the token after it.
        first = unscored.continuation.start - 1 - unscored.shared
        yield row_logits[first : first + len(unscored.continuation.ids)]


def _from_answer_position(unscored: _Unscored, logits: Tensor, answer_logits: Tensor) -> Tensor:
    """The continuation's logits, the first of them those of its prompt's answer position.

    That position was computed before, in another batch. Where a number format rounds, all figures
    of it must come from the same logits.
    """
    if not unscored.from_answer:
        return logits
    return torch.cat([answer_logits[unscored.row][None], logits[1:]])


def _score(
    unscored: _Unscored, logits: Tensor, tokenizer: PreTrainedTokenizerBase
) -> ContinuationScore:
    ids = unscored.continuation.ids
    if not ids:
        return ContinuationScore(0.0, 0, ())
    log_likelihood = float(token_log_probabilities(logits, ids).sum())
    ranks = token_scores(logits, ids, tokenizer) if unscored.ranked else ()
    return ContinuationScore(log_likelihood, len(ids), ranks)
