"""Making prompts fit a model's context."""

from __future__ import annotations

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.items.passages import cut_passage
from engine.records.items import Item

SHORTEST_PASSAGE = 80
"""Characters; a shorter passage is not cut."""


def context_tokens(model: PreTrainedModel) -> int | None:
    """The longest sequence that a model is made for; None where its config doesn't say."""
    length: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return length


def shortened(item: Item, tokenizer: PreTrainedTokenizerBase, excess: int) -> Item | None:
    """The item with its passage cut by about `excess` tokens, its answer kept.

    Returns:
        None where there is nothing to cut. One cut may not be enough, tokens being what they are.
    """
    passage = item.passage
    if not passage or len(passage) < SHORTEST_PASSAGE:
        return None
    tokens = len(tokenizer(passage, add_special_tokens=False)["input_ids"])
    share = max(0.1, 1 - (excess + 8) / max(tokens, 1))
    shorter = cut_passage(passage, item.answers, int(len(passage) * min(share, 0.95)))
    return msgspec.structs.replace(item, passage=shorter)
