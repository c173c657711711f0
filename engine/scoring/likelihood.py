"""Ranks, probabilities and divergences from logits, in float32."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.records.scores import TokenScore

ROWS_AT_ONCE = 32
"""So many rows of logits are turned into log-probabilities, or compared, at a time."""


def log_softmax(logits: Tensor) -> Tensor:
    """Natural log-probabilities over the last axis, in float32."""
    return torch.log_softmax(logits.float(), dim=-1)


def token_log_probabilities(logits: Tensor, ids: Sequence[int]) -> Tensor:
    """(tokens,) log-probability of each id; `logits` is (tokens, vocabulary)."""
    chosen = torch.tensor(ids, device=logits.device)[:, None]
    return log_softmax(logits).gather(1, chosen).squeeze(1)


class WantedToken(NamedTuple):
    """A token that is scored: by the logits of which read, and whether it is ranked too."""

    read: int
    id: int
    ranked: bool


class TokenFigures(NamedTuple):
    """A token's log-probability, and its rank where it is wanted: 1 for the likeliest token.

    The rank is one more than the number of tokens with a greater logit.
    """

    log_probability: float
    rank: int | None


def token_figures(logits: Tensor, wanted: Sequence[WantedToken]) -> list[TokenFigures]:
    """Score tokens by their reads; `logits` is (reads, vocabulary)."""
    reads = torch.tensor([one.read for one in wanted], dtype=torch.long, device=logits.device)
    ids = torch.tensor([one.id for one in wanted], dtype=torch.long, device=logits.device)
    own = logits[reads, ids]
    log_p = torch.empty(len(wanted), device=logits.device)
    for first in range(0, len(logits), ROWS_AT_ONCE):
        some = log_softmax(logits[first : first + ROWS_AT_ONCE])
        (here,) = torch.where((reads >= first) & (reads < first + ROWS_AT_ONCE))
        log_p[here] = some[reads[here] - first, ids[here]]
    ranked = [place for place, one in enumerate(wanted) if one.ranked]
    ranks: dict[int, int] = {}
    for start in range(0, len(ranked), ROWS_AT_ONCE):
        places = ranked[start : start + ROWS_AT_ONCE]
        chosen = torch.tensor(places, device=logits.device)
        greater = (logits[reads[chosen]] > own[chosen][:, None]).sum(1) + 1
        ranks |= dict(zip(places, greater.tolist(), strict=True))
    return [TokenFigures(value, ranks.get(place)) for place, value in enumerate(log_p.tolist())]


def log_probabilities(logits: Tensor, ids: Tensor) -> Tensor:
    """(rows,) log-probability of a token by each row of logits (rows, vocabulary)."""
    pairs = zip(logits.split(ROWS_AT_ONCE), ids.split(ROWS_AT_ONCE), strict=True)
    return torch.cat([log_softmax(some).gather(1, its[:, None])[:, 0] for some, its in pairs])


def best_tokens(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The likeliest token of every row and its log-probability; `logits` is (rows, vocabulary)."""
    best = [log_softmax(some).max(dim=-1) for some in logits.split(ROWS_AT_ONCE)]
    return torch.cat([one.indices for one in best]), torch.cat([one.values for one in best])


def token_score(figures: TokenFigures, id_: int, tokenizer: PreTrainedTokenizerBase) -> TokenScore:
    """The record of a ranked token."""
    assert figures.rank is not None
    return TokenScore(
        id=id_,
        text=token_text(tokenizer, id_),
        rank=figures.rank,
        probability=math.exp(figures.log_probability),
    )


def token_scores(
    logits: Tensor, ids: Sequence[int], tokenizer: PreTrainedTokenizerBase
) -> tuple[TokenScore, ...]:
    """Rank and probability of each id at its position; `logits` is (tokens, vocabulary)."""
    wanted = [WantedToken(read, id_, True) for read, id_ in enumerate(ids)]
    figures = token_figures(logits, wanted)
    return tuple(token_score(its, id_, tokenizer) for its, id_ in zip(figures, ids, strict=True))


def top_tokens(
    logits: Tensor, count: int, tokenizer: PreTrainedTokenizerBase
) -> tuple[TokenScore, ...]:
    """The likeliest tokens at one position, best first; `logits` is (vocabulary,)."""
    best = logits.topk(count).indices.tolist()
    figures = token_figures(logits[None], [WantedToken(0, id_, True) for id_ in best])
    return tuple(token_score(its, id_, tokenizer) for its, id_ in zip(figures, best, strict=True))


def kl_divergence(reference: Tensor, other: Tensor) -> float:
    """KL(reference ‖ other) in nats; both are log-probabilities over the same outcomes."""
    return float((reference.exp() * (reference - other)).sum())


@lru_cache(maxsize=65_536)
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
