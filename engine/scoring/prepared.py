"""An item's prompts, written and encoded for scoring."""

from __future__ import annotations

import msgspec
from transformers import PreTrainedTokenizerBase

from engine.records.items import Item
from engine.records.settings import Settings
from engine.scoring.encoding import EncodedPrompt, encode
from engine.scoring.prompts import (
    LETTERS,
    letter_prompt,
    open_prompt,
    shown_candidates_prompt,
)

SCORED_ANSWERS = 8
"""How many of an item's answers are teacher-forced at most; some data sets list a hundred."""


class PreparedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item with its prompts.

    Attributes:
        item: as it is put to the model; its passage may have been cut.
        open: the open prompt; the item's options and answers are its continuations.
        answers: for each of the item's first answers the index of its continuation.
        options: for each of the item's options the index of its continuation.
        shown: the prompt with the options listed, if it is asked for.
        letter: the prompt for choosing by letter, if it is asked for; the letters are its
            continuations.
        notes: what was changed for the item to fit, in words.
    """

    item: Item
    open: EncodedPrompt
    answers: tuple[int, ...]
    options: tuple[int, ...]
    shown: EncodedPrompt | None
    letter: EncodedPrompt | None
    notes: tuple[str, ...]


def prepare_item(
    item: Item,
    tokenizer: PreTrainedTokenizerBase,
    settings: Settings,
    notes: tuple[str, ...] = (),
) -> PreparedItem:
    """Write an item's prompts and encode them with their continuations."""
    answers = item.answers[:SCORED_ANSWERS]
    texts = list(dict.fromkeys((*item.options, *answers)))
    shown = letter = None
    if settings.shown_candidates and item.options:
        prompt = shown_candidates_prompt(item, tokenizer, settings.prompt)
        shown = encode(tokenizer, prompt, ())
    if settings.letters and item.options:
        letter = encode(tokenizer, letter_prompt(item, tokenizer), LETTERS[: len(item.options)])
    return PreparedItem(
        item=item,
        open=encode(tokenizer, open_prompt(item, tokenizer, settings.prompt), texts),
        answers=tuple(texts.index(answer) for answer in answers),
        options=tuple(texts.index(option) for option in item.options),
        shown=shown,
        letter=letter,
        notes=notes,
    )
