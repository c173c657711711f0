"""Tokens with a meaning of their own."""

from __future__ import annotations

from transformers import PreTrainedModel, PreTrainedTokenizerBase


def start_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """The token that a text begins with: BOS, else EOS (GPT-2's way), else token 0."""
    for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if isinstance(token, int):
            return token
    return 0


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """The tokens that end a text, by the generation settings and the tokenizer."""
    settings = model.generation_config
    configured = None if settings is None else settings.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*listed, tokenizer.eos_token_id) if isinstance(token, int))
