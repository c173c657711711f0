"""Tiny real checkpoints of every architecture class, with a working byte-level tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BloomConfig,
    FalconConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    OPTConfig,
    Phi3Config,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    Qwen3MoeConfig,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

VOCABULARY = 512
TOKENS = 128
"""Longest input of the tiny models."""

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

TEXT = (
    "The capital of France is Paris. The capital of Japan is Tokyo. Water boils at 100 degrees.",
    "Question: what is the capital of Italy?\nAnswer: Rome. The largest city is not the capital.",
    "La capital de España es Madrid. ¿Cuál es la ciudad más grande? La capitale de la France.",
    "Die Hauptstadt von Österreich ist Wien. Größere Städte gibt es in Deutschland.",
    "Столица России — Москва. Столица Украины — Киев.",
    "日本の首都は東京です。中国的首都是北京。",
    "عاصمة مصر هي القاهرة. भारत की राजधानी नई दिल्ली है। เมืองหลวงของไทยคือกรุงเทพมหานคร",
)

_SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
}
_LLAMA_LIKE: dict[str, Any] = {
    **_SHAPE,
    "intermediate_size": 48,
    "num_key_value_heads": 2,
    "max_position_embeddings": TOKENS,
}
_GEMMA_LIKE: dict[str, Any] = {
    **_LLAMA_LIKE,
    "head_dim": 8,
    "sliding_window": 8,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
}
_MIXTURE: dict[str, Any] = {
    **_LLAMA_LIKE,
    "head_dim": 8,
    "moe_intermediate_size": 24,
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "mlp_only_layers": [1],
}

_CONFIGURATIONS: dict[str, Callable[[], PreTrainedConfig]] = {
    "llama": lambda: LlamaConfig(**_LLAMA_LIKE, tie_word_embeddings=True),
    "mistral": lambda: MistralConfig(**_LLAMA_LIKE, sliding_window=8),
    "qwen2": lambda: Qwen2Config(**_LLAMA_LIKE),
    "qwen3": lambda: Qwen3Config(**_LLAMA_LIKE, head_dim=8),
    "qwen3_moe": lambda: Qwen3MoeConfig(**_MIXTURE),
    "phi3": lambda: Phi3Config(**_LLAMA_LIKE),
    "gemma2": lambda: Gemma2Config(**_GEMMA_LIKE, query_pre_attn_scalar=8),
    "gemma3": lambda: Gemma3TextConfig(**_GEMMA_LIKE, query_pre_attn_scalar=8),
    "gpt2": lambda: GPT2Config(
        vocab_size=VOCABULARY,
        n_embd=32,
        n_layer=3,
        n_head=4,
        n_positions=TOKENS,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    ),
    "opt": lambda: OPTConfig(
        **_SHAPE, ffn_dim=48, word_embed_proj_dim=32, max_position_embeddings=TOKENS
    ),
    "gpt_neox": lambda: GPTNeoXConfig(
        **_SHAPE, intermediate_size=48, max_position_embeddings=TOKENS
    ),
    "bloom": lambda: BloomConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        n_layer=3,
        n_head=4,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    ),
    "falcon": lambda: FalconConfig(
        **_SHAPE, ffn_hidden_size=48, max_position_embeddings=TOKENS, alibi=False
    ),
    "falcon_alibi": lambda: FalconConfig(
        **_SHAPE,
        ffn_hidden_size=48,
        max_position_embeddings=TOKENS,
        alibi=True,
        new_decoder_architecture=False,
        parallel_attn=False,
    ),
}

KINDS = tuple(_CONFIGURATIONS)
"""Every architecture class that `tiny_model` makes."""

ROWS_ONLY = ("bloom", "falcon_alibi")
"""Those whose attention takes no tree mask: they count distances by place."""


def tiny_model(kind: str, seed: int = 0) -> PreTrainedModel:
    """A model of three blocks with random float32 weights, in evaluation mode.

    Random weights are scaled up from the usual initialisation, so that blocks change their inputs
    and answers are not all alike.
    """
    torch.manual_seed(seed)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(
        _CONFIGURATIONS[kind](), dtype=torch.float32
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.15)
            elif name.endswith("bias"):
                parameter.normal_(std=0.02)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    model.eval()
    return model


@cache
def _trained() -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|im_start|>", "<|im_end|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    return str(tokenizer.to_str())


def tiny_tokenizer(*, chat: bool = True) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer for any text, with at most `VOCABULARY` tokens."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(_trained()),
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
    )
    if chat:
        tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def save_tiny_checkpoint(kind: str, directory: Path, *, seed: int = 0, chat: bool = True) -> Path:
    """Write model and tokenizer as a checkpoint that transformers loads."""
    tiny_model(kind, seed).save_pretrained(directory)
    tiny_tokenizer(chat=chat).save_pretrained(directory)
    return directory
