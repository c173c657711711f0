"""Solved items as token ids: prompt, gold answer, and the end of the turn."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from engine.records.items import Item
from engine.records.settings import Settings
from engine.scoring.encoding import token_ids
from engine.scoring.prompts import solved_prompt


def solved_items(
    items: Sequence[Item], tokenizer: PreTrainedTokenizerBase, settings: Settings
) -> list[tuple[int, ...]]:
    """Every item as the open prompt puts it, with its gold answer."""
    prompts = [solved_prompt(item, tokenizer, settings.prompt) for item in items]
    return [token_ids(tokenizer, prompt) for prompt in prompts]
