"""Along: the greedy answers token by token, with the gold answer's rank at every step."""

from __future__ import annotations

import msgspec

from engine.records.instruments.instrument import Finding, Instrument
from engine.records.scores import TokenScore


class Along(Instrument, frozen=True, kw_only=True, tag="along"):
    """Both greedy answers, and how near the gold's first token is at every step of them."""

    title = "along"
    help = "Both greedy answers token by token, with the gold's rank at every step of them."
    key = "a"
    place = 4
    pooled = True


class AlongStep(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A token of an answer, and the gold's first token in its place.

    Attributes:
        token: as it was chosen; its rank tells whether rounding chose it.
        gold_rank, gold_probability: of the gold answer's first token at this step.
    """

    token: TokenScore
    gold_rank: int
    gold_probability: float


class AlongPath(msgspec.Struct, frozen=True, kw_only=True):
    """A greedy answer; its last step is the end token, where the model ended it."""

    text: str
    steps: tuple[AlongStep, ...]

    @property
    def best(self) -> int | None:
        """The step that the gold is nearest at, the first of equals."""
        ranks = [step.gold_rank for step in self.steps]
        return ranks.index(min(ranks)) if ranks else None


class AlongFinding(Finding, frozen=True, kw_only=True, tag="along"):
    """Both models along their own greedy answers.

    Attributes:
        token: the text of the gold answer's first token.
        parts_at: the step at which the two answers part; None where they are the same.
        dense_top, compressed_top: the likeliest tokens there, best first; both follow the same
            text.
    """

    instrument: Along
    token: str
    dense: AlongPath
    compressed: AlongPath
    parts_at: int | None
    dense_top: tuple[TokenScore, ...] = ()
    compressed_top: tuple[TokenScore, ...] = ()

    @property
    def sentence(self) -> str:
        if self.parts_at is None:
            return "both models give the same answer"
        text = f"the answers part at token {self.parts_at + 1}"
        best = self.compressed.best
        if best is not None:
            rank = self.compressed.steps[best].gold_rank
            text += (
                f"; along the compressed one the gold is nearest at token {best + 1}, rank {rank}"
            )
        return text


Along.finds = AlongFinding

INSTRUMENT = Along()
