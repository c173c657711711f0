"""A tiny GGUF file, as llama.cpp's converter writes them."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np

from tests.tiny_models import CHAT_TEMPLATE, TOKENS, tiny_tokenizer

WIDTH, INNER, BLOCKS, HEADS, KEY_VALUE_HEADS = 32, 48, 3, 4, 2


def write_tiny_gguf(path: Path) -> Path:
    """Write a Llama of random float32 weights, with the tiny tokenizer."""
    rng = np.random.default_rng(0)
    model = json.loads(tiny_tokenizer().backend_tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(TOKENS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(BLOCKS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    special = gguf.TokenType.CONTROL
    kinds = [special if token.startswith("<|") else gguf.TokenType.NORMAL for token in tokens]
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_bos_token_id(model["vocab"]["<|im_start|>"])
    writer.add_eos_token_id(model["vocab"]["<|im_end|>"])
    writer.add_pad_token_id(model["vocab"]["<|pad|>"])
    writer.add_chat_template(CHAT_TEMPLATE)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", rng.normal(0, 0.15, shape).astype(np.float32))

    pair = WIDTH // HEADS * KEY_VALUE_HEADS
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    add("token_embd", len(tokens), WIDTH)
    for block in range(BLOCKS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{block}.{norm}.weight", np.ones(WIDTH, np.float32))
        add(f"blk.{block}.attn_q", WIDTH, WIDTH)
        add(f"blk.{block}.attn_k", pair, WIDTH)
        add(f"blk.{block}.attn_v", pair, WIDTH)
        add(f"blk.{block}.attn_output", WIDTH, WIDTH)
        add(f"blk.{block}.ffn_gate", INNER, WIDTH)
        add(f"blk.{block}.ffn_up", INNER, WIDTH)
        add(f"blk.{block}.ffn_down", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
