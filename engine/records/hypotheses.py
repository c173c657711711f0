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
        score: what ranked it: of a beam, its log-probability over its length to the power of the
            length penalty, before it was cut at the end of a line. None where nothing ranked it, or
            where that was not kept.
        judgement: against the item's gold answers.
    """

    text: str
    log_probability: float
    tokens: int
    count: int = 1
    score: float | None = None
    judgement: Judgement

    @property
    def figure(self) -> float:
        """What ranked it; its log-probability where nothing did, or where that is not known."""
        return self.log_probability if self.score is None else self.score


class Redecode(msgspec.Struct, frozen=True, kw_only=True):
    """A finished re-decode of one item under one variant.

    Attributes:
        hypotheses: best first (beams by score, samples by count, then log-probability).
        prompt: the text that was continued.
        example: id of the one-shot example, None otherwise.
        examples: ids of the examples where several may be shown, in the order of the prompt.
        partner: the other variant that took part, None where none did.
        prompt_tokens: of the prompt, once for each model that read it.
        generated_tokens: that were computed, once for each model: those of beams that were dropped
            as well. Of both, None in runs of earlier versions, and where they are not known.
    """

    item_id: str
    variant: str
    decoding: AnyDecoding
    hypotheses: tuple[Hypothesis, ...]
    prompt: str
    example: str | None = None
    examples: tuple[str, ...] = ()
    partner: str | None = None
    prompt_tokens: int | None = None
    generated_tokens: int | None = None

    @property
    def example_ids(self) -> tuple[str, ...]:
        """Ids of all examples in the prompt, in their order."""
        return self.examples if self.example is None else (self.example,)

    @property
    def measure(self) -> str:
        """What the hypotheses' figures are: "log p", or what ranked them."""
        ranked = any(one.score is not None for one in self.hypotheses)
        return self.decoding.measure if ranked else "log p"

    @property
    def judged(self) -> bool:
        """Whether there is a gold answer that the hypotheses were compared with."""
        return all(hypothesis.judgement.correct is not None for hypothesis in self.hypotheses)

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
