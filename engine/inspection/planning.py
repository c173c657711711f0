"""Cutting the items of a run into batches, always the same way for the same items."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.settings import Settings
from engine.scoring.encoding import EncodedPrompt
from engine.scoring.fitting import context_tokens, shortened
from engine.scoring.prepared import PreparedItem, prepare_item

FIRST_BATCH = 1
GROWTH = 8
"""Items in the first batch, and how many times as large each next one is, up to the batch size."""

WINDOW_BATCHES = 4
"""So many batches' worth of items are sorted by length before they are cut."""

BATCH_TOKENS = 8_192
"""At most so many prompt tokens, padding included, in one batch."""


def plan_batches(
    items: Sequence[Item],
    prepare: Callable[[Item], PreparedItem],
    batch_size: int,
    done: Container[str] = (),
    first: int = FIRST_BATCH,
) -> Iterator[list[PreparedItem]]:
    """Batches of items of like length, in roughly the given order, prepared as they are needed.

    The first batch has `first` items and the next ones grow, so that the first items are seen
    soon. Batches depend on the items
    alone, so that a resumed run computes in the same batches, and with the same rounding, as an
    uninterrupted one; those whose items are all done, by their ids, are left out.
    """
    start, size = 0, min(first, batch_size)
    while start < len(items):
        window = size if size < batch_size else batch_size * WINDOW_BATCHES
        some = items[start : start + window]
        if not _all_done(some, done):
            for batch in _cut(sorted(map(prepare, some), key=_length), size):
                if not _all_done([prepared.item for prepared in batch], done):
                    yield batch
        start += window
        size = min(GROWTH * size, batch_size)


def _cut(prepared: Sequence[PreparedItem], size: int) -> Iterator[list[PreparedItem]]:
    batch: list[PreparedItem] = []
    for one in prepared:
        prompts = _prompts(one)
        tokens = (len(batch) + 1) * len(prompts) * max(len(prompt.ids) for prompt in prompts)
        if batch and (len(batch) == size or tokens > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(one)
    yield batch


def _all_done(items: Sequence[Item], done: Container[str]) -> bool:
    return all(item.id in done for item in items)


def preparer(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: Settings
) -> Callable[[Item], PreparedItem]:
    """What prepares an item: its prompts written and encoded, its passage cut to the context.

    It raises `UserError` for an item without a passage to cut that doesn't fit.
    """
    context = context_tokens(model)
    return partial(_prepared, tokenizer=tokenizer, settings=settings, context=context)


def require_fitting(
    items: Sequence[Item], model: PreTrainedModel, prepare: Callable[[Item], PreparedItem]
) -> None:
    """Refuse items that don't fit the model's context before hours of work are spent on others.

    Raises:
        UserError: there is one.
    """
    context = context_tokens(model)
    for item in items:
        # A text has no more tokens than bytes. Half of the context is left for what is around it.
        if context is not None and _bytes(item) > context // 2:
            prepare(item)


def _bytes(item: Item) -> int:
    texts = (item.question, item.stem or "", item.passage or "", *item.options, *item.answers)
    return sum(len(text.encode()) for text in texts)


def _prepared(
    item: Item, tokenizer: PreTrainedTokenizerBase, settings: Settings, context: int | None
) -> PreparedItem:
    prepared = prepare_item(item, tokenizer, settings)
    while context is not None and (excess := _tokens(prepared, settings) - context) > 0:
        cut = shortened(prepared.item, tokenizer, excess)
        if cut is None:
            raise UserError(
                f"item {item.id} is longer than the model's context of {context:,} tokens",
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
