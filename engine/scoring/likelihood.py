"""Ranks, probabilities and divergences from logits, in float32."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.records.scores import TokenScore


def log_softmax(logits: Tensor) -> Tensor:
    """Natural log-probabilities over the last axis, in float32."""
    return torch.log_softmax(logits.float(), dim=-1)


def token_log_probabilities(logits: Tensor, ids: Sequence[int]) -> Tensor:
    """(tokens,) log-probability of each id; `logits` is (tokens, vocabulary)."""
    chosen = torch.tensor(ids, device=logits.device)[:, None]
    return log_softmax(logits).gather(1, chosen).squeeze(1)


def token_scores(
    logits: Tensor, ids: Sequence[int], tokenizer: PreTrainedTokenizerBase
) -> tuple[TokenScore, ...]:
    """Rank and probability of each id at its position; `logits` is (tokens, vocabulary).

    The rank is one more than the number of tokens with a greater logit.
    """
    chosen = torch.tensor(ids, device=logits.device)[:, None]
    logits = logits.float()
    own = logits.gather(1, chosen)
    ranks = (logits > own).sum(1) + 1
    probabilities = token_log_probabilities(logits, ids).exp()
    return tuple(
        TokenScore(id=id_, text=token_text(tokenizer, id_), rank=int(rank), probability=float(p))
        for id_, rank, p in zip(ids, ranks.tolist(), probabilities.tolist(), strict=True)
    )


def top_tokens(
    logits: Tensor, count: int, tokenizer: PreTrainedTokenizerBase
) -> tuple[TokenScore, ...]:
    """The likeliest tokens at one position, best first; `logits` is (vocabulary,)."""
    best = logits.float().topk(count).indices.tolist()
    return token_scores(logits.expand(count, -1), best, tokenizer)


def kl_divergence(reference: Tensor, other: Tensor) -> float:
    """KL(reference ‖ other) in nats; both are log-probabilities over the same outcomes."""
    return float((reference.exp() * (reference - other)).sum())


def token_text(tokenizer: PreTrainedTokenizerBase, id_: int) -> str:
    """The text of one token as it appears within a text, with its leading space.

    A token that isn't valid UTF-8 by itself is written as its bytes ("<E0 A4>"), where the
    tokenizer reveals them.
    """
    # Decoded alone, a SentencePiece token loses its leading space; after another it keeps it.
    anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
    before = str(tokenizer.decode(anchor, clean_up_tokenization_spaces=False))
    both = str(tokenizer.decode([*anchor, id_], clean_up_tokenization_spaces=False))
    text = both[len(before) :] if both.startswith(before) else str(tokenizer.decode([id_]))
    if "\N{REPLACEMENT CHARACTER}" in text:
        return _bytes_of(str(tokenizer.convert_ids_to_tokens(id_))) or text
    return text


def _bytes_of(token: str) -> str:
    """The bytes behind a byte-level token, in hexadecimal; empty where it isn't one."""
    codes = [_BYTE_LEVEL.get(character) for character in token]
    if not codes or None in codes:
        return ""
    return "<" + " ".join(f"{code:02X}" for code in codes) + ">"


def _byte_level_alphabet() -> dict[str, int]:
    """The alphabet of byte-level BPE: printable Latin-1 stands for itself, the rest is shifted."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = [byte for byte in range(256) if byte not in kept]
    alphabet = {chr(byte): byte for byte in kept}
    return alphabet | {chr(0x100 + index): byte for index, byte in enumerate(shifted)}


_BYTE_LEVEL = _byte_level_alphabet()
