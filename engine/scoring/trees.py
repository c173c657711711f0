"""Scoring items as tries: all prompts and continuations of an item pass through the model once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import msgspec
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import Cache

from engine.models.structure import vocabulary_size
from engine.models.weights import input_device
from engine.records.sums import added
from engine.scoring.answers import greedy_answers
from engine.scoring.likelihood import TokenFigures, WantedToken, token_figures, token_score
from engine.scoring.packed import Packed, Paths, Row, compute_beginning, compute_rows
from engine.scoring.passes import pass_tokens
from engine.scoring.tries import TokenTrie, shared_beginning
from engine.scoring.wanted import ContinuationScore, Generated, PromptScore, WantedScores

LOGITS_AT_ONCE = 16 * 2**20
"""At most so many logits are computed in one pass."""


class _Continuation(msgspec.Struct, frozen=True):
    """A continuation in an item's trie: its tokens, and the reads that predict them."""

    ids: tuple[int, ...]
    reads: tuple[int, ...]
    ranked: bool


class _Prompt(msgspec.Struct, frozen=True):
    """A prompt in an item's trie: its nodes, and the read at its answer position."""

    wanted: WantedScores
    nodes: tuple[int, ...]
    read: int
    continuations: tuple[_Continuation, ...]


class _Item(msgspec.Struct, frozen=True):
    """An item's trie, with its place in the batch."""

    place: int
    row: Row
    prompts: tuple[_Prompt, ...]


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
    shared = _shared_tokens(items)
    planned = [_plan(place, prompts, shared) for place, prompts in enumerate(items)]
    beginning: Cache | None = None
    if shared:
        beginning = compute_beginning(model, items[0][0].encoded.ids[:shared], check)
    answered = [
        (item, number)
        for batch in _passes(model, planned)
        for item in batch
        for number, prompt in enumerate(item.prompts)
        if prompt.wanted.answered
    ]
    lengths = [len(item.prompts[number].wanted.encoded.ids) for item, number in answered]
    paths = Paths(lengths, answer_tokens) if lengths and answer_tokens else None
    scores: dict[int, list[PromptScore]] = {}
    for batch in _passes(model, planned):
        rows = [item.row for item in batch]
        packed = compute_rows(model, rows, beginning, check, kept=paths is not None)
        scores |= _scores(batch, packed, tokenizer)
        if paths is not None:
            paths.collect(
                packed,
                [
                    (row, prompt.nodes)
                    for row, item in enumerate(batch)
                    for prompt in item.prompts
                    if prompt.wanted.answered
                ],
            )
    if paths is None:
        answers = [Generated((), 0.0)] * len(answered)
    else:
        answers = greedy_answers(
            model,
            tokenizer,
            [item.prompts[number].wanted.encoded.prompt for item, number in answered],
            paths.prefix(input_device(model)),
            torch.stack([scores[item.place][number].answer_logits for item, number in answered]),
            limit=answer_tokens,
            check=check,
        )
    for (item, number), answer in zip(answered, answers, strict=True):
        scored = scores[item.place][number]
        scores[item.place][number] = msgspec.structs.replace(scored, generated=answer)
    return [scores[place] for place in range(len(items))]


def _shared_tokens(items: Sequence[Sequence[WantedScores]]) -> int:
    """The number of tokens that are computed apart, for all items; none of them is read."""
    sequences = [
        ids
        for prompts in items
        for prompt in prompts
        for ids in (prompt.encoded.ids, *(one.whole for one in prompt.encoded.continuations))
    ]
    unread = [min(len(prompt.encoded.before_last) for prompt in prompts) for prompts in items]
    return shared_beginning(sequences, unread)


def _plan(place: int, prompts: Sequence[WantedScores], shared: int) -> _Item:
    trie = TokenTrie(shared)
    reads: dict[int, int] = {}
    planned = []
    for wanted in prompts:
        encoded = wanted.encoded
        nodes = trie.add(encoded.ids[shared:])
        read = reads.setdefault(nodes[-1], len(reads))
        continuations = []
        for index, continuation in enumerate(encoded.continuations):
            # Nobody asks what follows the last token. The logits at a node are of the token after.
            path = trie.add(continuation.whole[shared:-1])
            predicting = path[continuation.start - 1 - shared :]
            continuations.append(
                _Continuation(
                    ids=continuation.ids,
                    reads=tuple(reads.setdefault(node, len(reads)) for node in predicting),
                    ranked=index in wanted.ranked,
                )
            )
        planned.append(_Prompt(wanted, tuple(nodes), read, tuple(continuations)))
    return _Item(place, Row(trie, tuple(reads)), tuple(planned))


def _passes(model: PreTrainedModel, items: Sequence[_Item]) -> Iterator[list[_Item]]:
    """Items of like size, as many as one pass takes; one at least."""
    most_tokens = pass_tokens(input_device(model))
    most_reads = LOGITS_AT_ONCE // vocabulary_size(model)
    batch: list[_Item] = []
    reads = 0
    for item in sorted(items, key=lambda item: (-len(item.row.trie), item.place)):
        own = len(item.row.reads)
        # The first one is the longest; the others are padded to its size.
        full = (len(batch) + 1) * len((batch or [item])[0].row.trie) > most_tokens
        if batch and (full or reads + own > most_reads):
            yield batch
            batch, reads = [], 0
        batch.append(item)
        reads += own
    yield batch


def _scores(
    items: Sequence[_Item], packed: Packed, tokenizer: PreTrainedTokenizerBase
) -> dict[int, list[PromptScore]]:
    """Of every item, by its place in the batch, the scores of its prompts, answers aside."""
    starts = list(accumulate((len(item.row.reads) for item in items), initial=0))
    tokens = iter(
        token_figures(
            packed.logits,
            [
                WantedToken(start + read, id_, one.ranked)
                for start, item in zip(starts, items, strict=False)
                for prompt in item.prompts
                for one in prompt.continuations
                for read, id_ in zip(one.reads, one.ids, strict=True)
            ],
        )
    )
    return {
        item.place: [
            PromptScore(
                packed.logits[start + prompt.read].float(),
                tuple(
                    _score([next(tokens) for _ in one.ids], one, tokenizer)
                    for one in prompt.continuations
                ),
                None,
            )
            for prompt in item.prompts
        ]
        for start, item in zip(starts, items, strict=False)
    }


def _score(
    figures: Sequence[TokenFigures], continuation: _Continuation, tokenizer: PreTrainedTokenizerBase
) -> ContinuationScore:
    ranked = zip(figures, continuation.ids, strict=True) if continuation.ranked else ()
    return ContinuationScore(
        log_likelihood=added(its.log_probability for its in figures),
        tokens=len(figures),
        token_scores=tuple(token_score(its, id_, tokenizer) for its, id_ in ranked),
    )
