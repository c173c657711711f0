"""Models of real architectures and any size with random weights, made where they are to compute."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.configuration_auto import AutoConfig
from transformers.models.auto.modeling_auto import AutoModelForCausalLM
from transformers.models.auto.tokenization_auto import AutoTokenizer

from engine.models.embedded import embedded_model
from engine.models.paths import cache_directory

SHAPES: dict[str, dict[str, Any]] = {
    "qwen": {
        "model_type": "qwen3",
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151_936,
    },
    "mistral": {
        "model_type": "mistral",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 32_768,
        "sliding_window": None,
    },
    "phi": {
        "model_type": "phi3",
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": 32_064,
        "sliding_window": None,
    },
}
"""Qwen3-8B, Mistral-7B-Instruct-v0.3 and Phi-3-mini."""

UNTIED_FROM = 2e9
"""Parameters from which embeddings and head are two matrices, as real models have it."""
VOCABULARY_SHARE = 0.3
"""Of a small model's parameters: its vocabulary is cut to that."""


def random_model(
    shape: str, billions: float, device: str, dtype: torch.dtype, seed: int = 0
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model of a shape with about so many billions of parameters, and a tokenizer that fits it.

    Weights are drawn on the device, so that nothing passes through host memory. The tokenizer is
    the embedded model's; the vocabulary has at least its tokens.
    """
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
        embedded_model(cache_directory(), lambda *_: None, lambda: None)
    )
    config = AutoConfig.for_model(
        **scaled(shape, billions * 1e9, len(tokenizer)),
        max_position_embeddings=4096,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    with torch.device(device):
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.eval().requires_grad_(False)
    return model, tokenizer


def scaled(shape: str, wanted: float, least_vocabulary: int) -> dict[str, Any]:
    """The configuration of a shape with about `wanted` parameters.

    Width and depth shrink and grow together, heads keep their size, and as many of them share keys
    and values.
    """
    full = SHAPES[shape]
    every_size = [_resized(full, count, wanted, least_vocabulary) for count in range(1, 65)]
    return min(every_size, key=lambda config: abs(matrix_parameters(config) - wanted))


def matrix_parameters(config: dict[str, Any]) -> int:
    """The parameters in the matrices of a configuration."""
    width, layers = config["hidden_size"], config["num_hidden_layers"]
    head = config.get("head_dim", width // config["num_attention_heads"])
    heads = 2 * config["num_attention_heads"] + 2 * config["num_key_value_heads"]
    block = width * head * heads + 3 * width * config["intermediate_size"]
    ends = 1 if config["tie_word_embeddings"] else 2
    return int(layers * block + ends * config["vocab_size"] * width)


def _resized(
    full: dict[str, Any], key_values: int, wanted: float, least_vocabulary: int
) -> dict[str, Any]:
    """A shape with another number of key-value heads, and all else in proportion."""
    share = key_values / full["num_key_value_heads"]
    width = round(full["hidden_size"] * share)
    vocabulary = min(full["vocab_size"], int(VOCABULARY_SHARE * wanted / width))
    return {
        **full,
        "hidden_size": width,
        "intermediate_size": round(full["intermediate_size"] * share / 64) * 64,
        "num_hidden_layers": max(2, round(full["num_hidden_layers"] * share)),
        "num_attention_heads": round(full["num_attention_heads"] * share),
        "num_key_value_heads": key_values,
        "vocab_size": max(vocabulary, least_vocabulary),
        "tie_word_embeddings": wanted < UNTIED_FROM,
    }
