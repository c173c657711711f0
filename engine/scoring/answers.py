"""Greedy open answers: where they end, and their text."""

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
