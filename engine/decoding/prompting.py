"""The prompts of a re-decode, with a solved example where one is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.decoding.decoder import Decoder
from engine.records.errors import UserError
from engine.records.items import Item
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
    decoder: Decoder, batch: Sequence[Item], examples: Sequence[Item | None]
) -> list[OpenPrompt]:
    """Write the prompts of a batch of items, each with its example.

    Passages are cut where item and example don't fit the model's context together.

    Raises:
        UserError: an item and its example don't fit, and there is no passage to cut.
    """
    return [_fitting(decoder, *pair) for pair in zip(batch, examples, strict=True)]


def _fitting(decoder: Decoder, item: Item, example: Item | None) -> OpenPrompt:
    tokenizer, settings = decoder.tokenizer, decoder.settings
    context = context_tokens(decoder.model)
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
