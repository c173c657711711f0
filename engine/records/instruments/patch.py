"""Patch: one model's activations in the other, block by block and position by position."""

from __future__ import annotations

import math
from typing import Literal

from engine.records.instruments.instrument import Finding, Instrument, signed

Direction = Literal["suffices", "needed"]


class Patch(Instrument, frozen=True, kw_only=True, tag="patch"):
    """The output of a block at a position is taken from the other model.

    Attributes:
        direction: "suffices" puts dense activations into the compressed model, "needed" compressed
            ones into the dense model.
        positions: so many of the prompt's last positions are patched.
    """

    title = "patch"
    help = "Dense activations in the compressed model, by block and position: what is enough?"
    key = "p"
    place = 6
    unasked = False

    direction: Direction = "suffices"
    positions: int = 48


class PatchFinding(Finding, frozen=True, kw_only=True, tag="patch"):
    """The gold's first token with one activation exchanged.

    Attributes:
        own: its log-probability in the model that is patched.
        other: that in the model that activations come from.
        tokens: the texts of the positions, the last one the answer position.
        log_probabilities: with the output of a block at a position exchanged, block by block as
            far as they have come.
    """

    instrument: Patch
    own: float
    other: float
    tokens: tuple[str, ...]
    log_probabilities: tuple[tuple[float, ...], ...]

    def share(self, block: int, position: int) -> float:
        """The share of the way from `own` to `other` that one activation goes; NaN for no way."""
        way = self.other - self.own
        gone = self.log_probabilities[block][position] - self.own
        return gone / way if abs(way) > 1e-6 else math.nan

    @property
    def strongest(self) -> tuple[int, int] | None:
        """The block and the position before the last that take it furthest towards `other`.

        At the answer position itself the last blocks take it all the way in any model.
        """
        way = 1 if self.other >= self.own else -1
        places = [
            (block, position)
            for block, row in enumerate(self.log_probabilities)
            for position in range(len(row) - 1)
        ]
        return max(places, key=lambda at: way * self.log_probabilities[at[0]][at[1]], default=None)

    @property
    def sentence(self) -> str:
        if self.strongest is None:
            return "nothing was patched"
        block, position = self.strongest
        gone = self.log_probabilities[block][position] - self.own
        back = len(self.tokens) - 1 - position
        return (
            f"before the answer position, block {block} matters most, {back} tokens back "
            f"({signed(gone)} of {signed(self.other - self.own)})"
        )


Patch.finds = PatchFinding

INSTRUMENT = Patch()
