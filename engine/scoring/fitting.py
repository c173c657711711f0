"""Making a prompt fit a model's context."""

from __future__ import annotations

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.items.passages import cut_passage
from engine.records.items import Item

SHORTEST_PASSAGE = 80
"""Length in characters from which a passage is cut."""


def context_tokens(model: PreTrainedModel) -> int | None:
    """The longest sequence that a model supports; None where its config doesn't say."""
    length: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return length


def shortened(item: Item, tokenizer: PreTrainedTokenizerBase, excess: int) -> Item | None:
    """The item with about `excess` tokens of its passage cut, its answer kept.

    One cut may not be enough, since tokens are estimated by characters.

    Returns:
        None where there is nothing to cut.
    """
    passage = item.passage
    if not passage or len(passage) < SHORTEST_PASSAGE:
        return None
    tokens = len(tokenizer(passage, add_special_tokens=False)["input_ids"])
    share = max(0.1, 1 - (excess + 8) / max(tokens, 1))
    shorter = cut_passage(passage, item.answers, int(len(passage) * min(share, 0.95)))
    return msgspec.structs.replace(item, passage=shorter)
