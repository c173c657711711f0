"""Fork: another token is forced into an answer, which then goes on by itself."""

from __future__ import annotations

from typing import Literal

from engine.records.instruments.instrument import Finding, Instrument
from engine.records.scores import Judgement


class Fork(Instrument, frozen=True, kw_only=True, tag="fork"):
    """The answer goes on greedily after a forced token.

    Attributes:
        of: whose greedy answer is forked; the variant goes on in either case.
        position: how many of its tokens are kept before the forced one.
        text: that is forced; None for the gold answer's first token.
    """

    title = "fork"
    help = "Force the gold's first token: does the answer complete itself (demoted) or not (lost)?"
    key = "f"
    place = 3
    compares = False
    pooled = True

    of: Literal["variant", "dense"] = "variant"
    position: int = 0
    text: str | None = None


class ForkFinding(Finding, frozen=True, kw_only=True, tag="fork"):
    """How an answer goes on.

    Attributes:
        kept: the text before what is forced.
        forced: the texts of the forced tokens.
        text: the whole answer.
        tokens: how many it has.
        gold_tokens: of the gold answer. One of a single token is complete as soon as it is forced.
        judgement: of the whole answer.
    """

    instrument: Fork
    kept: str
    forced: tuple[str, ...]
    text: str
    tokens: int
    gold_tokens: int
    judgement: Judgement

    @property
    def completes(self) -> bool:
        """Whether the answer that went on is right."""
        return self.judgement.correct is True

    @property
    def given(self) -> bool:
        """Whether what was forced is the whole gold answer already."""
        return self.instrument.text is None and self.gold_tokens == 1

    @property
    def sentence(self) -> str:
        if self.given:
            end = "stays right" if self.completes else "runs on into another one"
            return f"the gold answer is one token; forced, it {end}"
        if self.completes:
            return "it completes itself: demoted, not lost"
        return "it does not complete itself"


Fork.finds = ForkFinding

INSTRUMENT = Fork()
