"""Greedy open answers: where they end, their text, and where two of them part."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.models.tokens import end_tokens
from engine.scoring.forward import Prefix
from engine.scoring.greedy import greedy
from engine.scoring.prompts import Prompt
from engine.scoring.wanted import Generated


def greedy_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Prompt],
    prefix: Prefix,
    logits: Tensor,
    *,
    limit: int,
    check: Callable[[], None],
) -> list[Generated]:
    """The greedy answer of every prompt.

    Args:
        model: under the variant in question.
        tokenizer: of the model.
        prompts: as they were written, one a row.
        prefix: the prompts as computed; it can't be used again.
        logits: (batch, vocabulary) at the answer position.
        limit: the greatest number of tokens.
        check: called between blocks; raises to cancel.
    """

    def stops(row: int, ids: list[int]) -> bool:
        return prompts[row].one_line and ends_line(tokenizer, ids)

    ends = end_tokens(model, tokenizer)
    return greedy(model, prefix, logits, limit=limit, ends=ends, stops=stops, check=check)


def ends_line(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> bool:
    """Whether the text of the ids has a line break after its first word."""
    return "\n" in str(tokenizer.decode(list(ids))).lstrip()


def answer_text(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], prompt: Prompt) -> str:
    """The text of a generated answer, without special tokens and surrounding space."""
    text = str(tokenizer.decode(list(ids), skip_special_tokens=True)).strip()
    return text.split("\n", 1)[0].rstrip() if prompt.one_line else text


def parting(reference: Generated | None, generated: Generated | None) -> int | None:
    """The first token, from 1, at which two answers differ; None where they are the same."""
    if reference is None or generated is None or reference.ids == generated.ids:
        return None
    pairs = enumerate(zip(reference.ids, generated.ids, strict=False), start=1)
    shorter = min(len(reference.ids), len(generated.ids))
    return next((place for place, (one, other) in pairs if one != other), shorter + 1)
