"""What is to be scored of a prompt, and what comes out."""

from __future__ import annotations

import msgspec
from torch import Tensor

from engine.records.scores import TokenScore
from engine.scoring.encoding import EncodedPrompt
from engine.scoring.prepared import PreparedItem


class WantedScores(msgspec.Struct, frozen=True, kw_only=True):
    """What to score of one prompt: always its continuations, and on request more.

    Attributes:
        encoded: the prompt with its continuations.
        ranked: the indices of the continuations whose tokens are also ranked.
        answered: whether the prompt gets a greedy answer.
    """

    encoded: EncodedPrompt
    ranked: frozenset[int] = frozenset()
    answered: bool = False


def wanted_scores(prepared: PreparedItem) -> list[WantedScores]:
    """What is scored of an item: its open prompt, then those others that it has."""
    wanted = [
        WantedScores(encoded=prepared.open, ranked=frozenset(prepared.answers), answered=True)
    ]
    if prepared.shown is not None:
        wanted.append(WantedScores(encoded=prepared.shown, answered=True))
    if prepared.letter is not None:
        wanted.append(WantedScores(encoded=prepared.letter))
    return wanted


class Generated(msgspec.Struct, frozen=True):
    """A generated token sequence, without its end token, and its summed log-probability."""

    ids: tuple[int, ...]
    log_probability: float


class ContinuationScore(msgspec.Struct, frozen=True):
    """A continuation's summed log-likelihood and, where it is ranked, its tokens' ranks."""

    log_likelihood: float
    tokens: int
    token_scores: tuple[TokenScore, ...]


class PromptScore(msgspec.Struct, frozen=True):
    """The logits at a prompt's answer position, its continuations, and its greedy answer.

    `answer_logits` is (vocabulary,) float32.
    """

    answer_logits: Tensor
    continuations: tuple[ContinuationScore, ...]
    generated: Generated | None
