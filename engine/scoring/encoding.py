"""Prompts and continuations as token ids; continuations share their prompt's tokens."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from transformers import PreTrainedTokenizerBase

from engine.scoring.prompts import Prompt


class Continuation(msgspec.Struct, frozen=True):
    """A continuation of a prompt.

    Attributes:
        whole: the prompt's tokens and the continuation's own.
        start: where its own tokens begin.
        shares_prompt: whether it begins with the prompt's tokens, the last one aside. It doesn't
            where the tokenizer merges further back across the boundary.
    """

    whole: tuple[int, ...]
    start: int
    shares_prompt: bool

    @property
    def ids(self) -> tuple[int, ...]:
        """The tokens that are scored."""
        return self.whole[self.start :]


class EncodedPrompt(msgspec.Struct, frozen=True):
    """A prompt of two or more tokens, and the continuations that are scored after it."""

    prompt: Prompt
    ids: tuple[int, ...]
    continuations: tuple[Continuation, ...]

    @property
    def before_last(self) -> tuple[int, ...]:
        """All tokens but the last, whose logits are those of the answer position."""
        return self.ids[:-1]


def encode(
    tokenizer: PreTrainedTokenizerBase, prompt: Prompt, answers: Sequence[str]
) -> EncodedPrompt:
    """Encode a prompt and each answer after it.

    Prompt and answer are encoded together and cut at the length of the prompt alone, as
    lm-evaluation-harness does: a tokenizer may treat a text's beginning differently.
    """
    texts = [prompt.text, *(f"{prompt.text}{prompt.separator}{answer}" for answer in answers)]
    ids, *wholes = _ids(tokenizer, texts, prompt)
    if len(ids) < 2:
        # A forward pass needs a token before the last one of the prompt.
        bos = tokenizer.bos_token_id
        first = tokenizer.eos_token_id if bos is None else bos
        ids, wholes = (first, *ids), [(first, *whole) for whole in wholes]
    continuations = tuple(
        Continuation(whole, len(ids), whole[: len(ids) - 1] == ids[:-1]) for whole in wholes
    )
    return EncodedPrompt(prompt, ids, continuations)


def token_ids(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> tuple[int, ...]:
    """A prompt's own tokens."""
    [ids] = _ids(tokenizer, [prompt.text], prompt)
    return ids


def _ids(
    tokenizer: PreTrainedTokenizerBase, texts: list[str], prompt: Prompt
) -> list[tuple[int, ...]]:
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    bos = tokenizer.bos_token_id
    # Only the beginning-of-text token: an end token would end the prompt before its answer.
    begun = (bos,) if prompt.special_tokens and bos is not None and adds_bos(tokenizer) else ()
    return [(*begun, *ids) for ids in encoded]


def adds_bos(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the tokenizer begins a text with its beginning-of-text token."""
    encoded = tokenizer("a", add_special_tokens=True)["input_ids"]
    return bool(encoded) and encoded[0] == tokenizer.bos_token_id
