"""Cutting the items of a run into batches, always the same way for the same items."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.settings import Settings
from engine.scoring.encoding import EncodedPrompt
from engine.scoring.fitting import context_tokens, shortened
from engine.scoring.prepared import PreparedItem, prepare_item

FIRST_BATCH = 4
"""Items in the first batch; each next one is twice as large, up to the batch size."""

WINDOW_BATCHES = 4
"""So many batches' worth of items are sorted by length before they are cut."""

BATCH_TOKENS = 16_384
"""At most so many prompt tokens, padding included, in one batch."""


def plan_batches(prepared: Sequence[PreparedItem], batch_size: int) -> list[list[PreparedItem]]:
    """Batches of items of like length, in roughly the given order.

    The first batches are small, so that the first items are seen soon. Batches depend on the items
    alone, so that a resumed run computes in the same batches, and with the same rounding, as an
    uninterrupted one.
    """
    batches: list[list[PreparedItem]] = []
    start, size = 0, min(FIRST_BATCH, batch_size)
    while start < len(prepared):
        window = size if size < batch_size else batch_size * WINDOW_BATCHES
        some = sorted(prepared[start : start + window], key=_length)
        batch: list[PreparedItem] = []
        for one in some:
            prompts = _prompts(one)
            tokens = (len(batch) + 1) * len(prompts) * max(len(prompt.ids) for prompt in prompts)
            full = len(batch) == size or tokens > BATCH_TOKENS
            if batch and full:
                batches.append(batch)
                batch = []
            batch.append(one)
        batches.append(batch)
        start += window
        size = min(2 * size, batch_size)
    return batches


def prepare_items(
    items: Sequence[Item],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    settings: Settings,
) -> list[PreparedItem]:
    """Encode every item; a passage that is too long for the model's context is cut.

    Raises:
        UserError: an item without a passage to cut doesn't fit the context.
    """
    context = context_tokens(model)
    return [_prepared(item, tokenizer, settings, context) for item in items]


def _prepared(
    item: Item, tokenizer: PreTrainedTokenizerBase, settings: Settings, context: int | None
) -> PreparedItem:
    prepared = prepare_item(item, tokenizer, settings)
    while context is not None and (excess := _tokens(prepared, settings) - context) > 0:
        cut = shortened(prepared.item, tokenizer, excess)
        if cut is None:
            raise UserError(
                f"Item {item.id} is longer than the model's context of {context:,} tokens",
                "Leave it out of the items, or take a model with a longer context.",
            )
        note = f"passage cut to fit the context of {context:,} tokens"
        prepared = prepare_item(cut, tokenizer, settings, (note,))
    return prepared


def _tokens(prepared: PreparedItem, settings: Settings) -> int:
    """The longest sequence that scoring the item runs through the model."""
    prompts = _prompts(prepared)
    continued = [len(one.whole) for encoded in prompts for one in encoded.continuations]
    generated = [len(encoded.ids) + settings.answer_tokens for encoded in prompts]
    return max(*continued, *generated, 0)


def _length(prepared: PreparedItem) -> int:
    return len(prepared.open.ids)


def _prompts(prepared: PreparedItem) -> list[EncodedPrompt]:
    """The prompts that run through the model for an item, in one batch."""
    prompts = (prepared.open, prepared.shown, prepared.letter)
    return [prompt for prompt in prompts if prompt is not None]
