"""Contrastive decoding against another variant."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import LogitsProcessor

from engine.decoding.decoder import Decoder
from engine.decoding.following import Follower
from engine.decoding.generation import generate
from engine.decoding.prompting import OpenPrompt
from engine.decoding.strategy import Sequences, Strategy
from engine.records.decodings.contrastive import Contrastive
from engine.scoring.likelihood import log_softmax


def contrasted(
    decoder: Decoder, prompts: Sequence[OpenPrompt], decoding: Contrastive
) -> list[Sequences]:
    """The token with the greatest contrast at every step."""
    contrast = _Contrast(decoding.alpha, Follower(decoder, prompts))
    return generate(decoder, prompts, processors=[contrast])


def contrastive_scores(expert: Tensor, amateur: Tensor, alpha: float) -> Tensor:
    """The contrast log p(expert) − log p(amateur) of plausible tokens, −∞ for the others.

    Plausible are those at least alpha times as likely as the expert's likeliest one (Li et al.
    2023, arXiv 2210.15097, section 3.2 and 3.3).

    Args:
        expert: logits (rows, vocabulary).
        amateur: likewise.
        alpha: from 0 to 1.
    """
    log_expert, log_amateur = log_softmax(expert), log_softmax(amateur)
    bound = math.log(alpha) if alpha > 0 else -math.inf
    plausible = log_expert >= log_expert.amax(-1, keepdim=True) + bound
    return torch.where(plausible, log_expert - log_amateur, -torch.inf)


class _Contrast(LogitsProcessor):
    """Replaces the expert's logits by the contrast."""

    def __init__(self, alpha: float, amateur: Follower) -> None:
        self._alpha = alpha
        self._amateur = amateur

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        # The rows of answers that have ended are zero.
        going = scores.any(dim=-1)
        amateur = self._amateur.logits(input_ids[:, -1], going)
        scores = scores.clone()
        scores[going] = contrastive_scores(scores[going], amateur, self._alpha)
        return scores


STRATEGY = Strategy(Contrastive, contrasted)
