"""What a re-decode of an item brings."""

from __future__ import annotations

import msgspec

from engine.records.decodings.registry import AnyDecoding
from engine.records.scores import Judgement


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """One decoded answer.

    Attributes:
        text: without special tokens.
        log_probability: natural logarithm, summed over its tokens, at temperature 1.
        tokens: how many were generated, the end-of-turn token included.
        count: how many equal samples this stands for.
        judgement: against the item's gold answers.
    """

    text: str
    log_probability: float
    tokens: int
    count: int = 1
    judgement: Judgement


class Redecode(msgspec.Struct, frozen=True, kw_only=True):
    """A finished re-decode of one item under one variant.

    Attributes:
        hypotheses: best first (beams by score, samples by count, then log-probability).
        prompt: the text that was continued.
        example: id of the one-shot example, None otherwise.
    """

    item_id: str
    variant: str
    decoding: AnyDecoding
    hypotheses: tuple[Hypothesis, ...]
    prompt: str
    example: str | None = None

    @property
    def recovered_at(self) -> int | None:
        """Position (from 1) of the first right hypothesis, None where no hypothesis is right."""
        for position, hypothesis in enumerate(self.hypotheses, start=1):
            if hypothesis.judgement.correct:
                return position
        return None

    @property
    def right(self) -> int:
        """How many of the generated answers are right, equal samples counted."""
        return sum(h.count for h in self.hypotheses if h.judgement.correct)
