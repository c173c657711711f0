"""The prompts of a re-decode, with a solved example where one is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.items.examples import one_shot_example
from engine.records.decodings import Decoding, OneShot
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.settings import Settings
from engine.scoring.encoding import EncodedPrompt, encode
from engine.scoring.fitting import context_tokens, shortened
from engine.scoring.prompts import Prompt, open_prompt


class OpenPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """An item's open prompt, encoded, and the example in it."""

    item: Item
    prompt: Prompt
    encoded: EncodedPrompt
    example: Item | None


def open_prompts(
    batch: Sequence[Item],
    items: Sequence[Item],
    decoding: Decoding,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    settings: Settings,
) -> list[OpenPrompt]:
    """Write the prompts of a batch of items; examples are taken from `items`.

    Passages are cut where item and example don't fit the model's context together.

    Raises:
        UserError: an example isn't there, would give the answer away, or doesn't fit the context.
    """
    context = context_tokens(model)
    found = []
    for item in batch:
        example = _example(item, decoding, items) if isinstance(decoding, OneShot) else None
        found.append(_fitting(item, example, context, tokenizer, settings))
    return found


def _fitting(
    item: Item,
    example: Item | None,
    context: int | None,
    tokenizer: PreTrainedTokenizerBase,
    settings: Settings,
) -> OpenPrompt:
    while True:
        examples = () if example is None else (example,)
        prompt = open_prompt(item, tokenizer, settings.prompt, examples)
        encoded = encode(tokenizer, prompt, ())
        excess = len(encoded.ids) + settings.answer_tokens - (context or 0)
        if context is None or excess <= 0:
            return OpenPrompt(item=item, prompt=prompt, encoded=encoded, example=example)
        shorter = None if example is None else shortened(example, tokenizer, excess)
        if shorter is not None:
            example = shorter
            continue
        cut = shortened(item, tokenizer, excess)
        if cut is None:
            raise UserError(
                f"The prompt of {item.id} is longer than the model's context of {context:,} tokens",
                "Choose a shorter example, or a model with a longer context.",
            )
        item = cut


def _example(item: Item, decoding: OneShot, items: Sequence[Item]) -> Item:
    if decoding.example is None:
        found = one_shot_example(item, items)
        if found is None:
            raise UserError(
                f"No other item can serve as an example for {item.id}",
                "A one-shot prompt needs another item of the same language with another answer.",
            )
        return found
    found = next((other for other in items if other.id == decoding.example), None)
    if found is None:
        raise UserError(f"There is no item {decoding.example}", "Choose an item of this run.")
    if set(found.answers) & set(item.answers):
        raise UserError(
            f"{found.id} has the same answer as {item.id}: it would give the answer away",
            "Choose an item with another answer.",
        )
    return found
