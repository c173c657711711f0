"""The prompts of a re-decode, with solved examples where they are asked for."""

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
    """An item's open prompt, encoded, and the examples in it."""

    item: Item
    prompt: Prompt
    encoded: EncodedPrompt
    examples: tuple[Item, ...]


def open_prompts(
    decoder: Decoder, batch: Sequence[Item], examples: Sequence[tuple[Item, ...]]
) -> list[OpenPrompt]:
    """Write the prompts of a batch of items, each with its examples.

    Passages are cut where item and examples don't fit the model's context together.

    Raises:
        UserError: an item and its examples don't fit, and there is no passage to cut.
    """
    return [_fitting(decoder, *pair) for pair in zip(batch, examples, strict=True)]


def _fitting(decoder: Decoder, item: Item, examples: tuple[Item, ...]) -> OpenPrompt:
    tokenizer, settings = decoder.tokenizer, decoder.settings
    context = context_tokens(decoder.model)
    while True:
        prompt = open_prompt(item, tokenizer, settings.prompt, examples)
        encoded = encode(tokenizer, prompt, ())
        excess = len(encoded.ids) + settings.answer_tokens - (context or 0)
        if context is None or excess <= 0:
            return OpenPrompt(item=item, prompt=prompt, encoded=encoded, examples=examples)
        cuts = ((one, shortened(one, tokenizer, excess)) for one in examples)
        shorter = next(((one, cut) for one, cut in cuts if cut is not None), None)
        if shorter is not None:
            examples = tuple(shorter[1] if one is shorter[0] else one for one in examples)
            continue
        cut = shortened(item, tokenizer, excess)
        if cut is None:
            raise UserError(
                f"the prompt of {item.id} is longer than the model's context of {context:,} tokens",
                "Choose fewer or shorter examples, or a model with a longer context.",
            )
        item = cut
