"""Depth: what the model would answer after every block."""

from __future__ import annotations

from itertools import pairwise, takewhile

import msgspec

from engine.records.instruments.instrument import Finding, Instrument, signed

PARTED_NATS = 0.5
"""The models have parted where log-probabilities differ by so much from a block to the last."""


class Depth(Instrument, frozen=True, kw_only=True, tag="depth"):
    """The gold answer's first token after every block, read through the model's own head."""

    title = "depth"
    help = "Rank and probability of the gold's first token after every block: where does it sink?"
    key = "d"
    place = 1
    pooled = True


class Level(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The gold answer's first token after a block: its rank, and its log-probability in nats."""

    rank: int
    log_probability: float


class DepthFinding(Finding, frozen=True, kw_only=True, tag="depth"):
    """The gold's first token at the answer position after every block of either model.

    Attributes:
        token: its text.
        dense, compressed: a level for every block; the last is the model's own output.
    """

    instrument: Depth
    token: str
    dense: tuple[Level, ...]
    compressed: tuple[Level, ...]

    @property
    def differences(self) -> tuple[float, ...]:
        """Compressed minus dense log-probability after every block that both have."""
        return tuple(
            after.log_probability - before.log_probability
            for before, after in zip(self.dense, self.compressed, strict=False)
        )

    @property
    def parts_at(self) -> int | None:
        """The block from which on the models differ by `PARTED_NATS` or more, as at the end.

        That is, in the same direction in every block from there to the last. Ranks of early blocks
        are in the thousands and never the same, so they don't count. None where the models end
        alike, or can't be compared block by block.
        """
        differences = self.differences
        if not differences or len(self.dense) != len(self.compressed):
            return None
        way = 1 if differences[-1] > 0 else -1
        apart = list(takewhile(lambda one: way * one >= PARTED_NATS, reversed(differences)))
        return len(differences) - len(apart) if apart else None

    @property
    def sinks_at(self) -> int | None:
        """The block that the answer loses most in, against the dense model; None if in none."""
        if len(self.dense) != len(self.compressed):
            return None
        steps = [after - before for before, after in pairwise((0.0, *self.differences))]
        lowest = min(steps, default=0.0)
        return steps.index(lowest) if lowest < 0 else None

    @property
    def sentence(self) -> str:
        before, after = self.dense[-1], self.compressed[-1]
        text = f"rank {before.rank} → {after.rank}"
        if self.parts_at is not None:
            text += f"; the models part at block {self.parts_at}"
        if self.sinks_at is not None:
            block = self.sinks_at
            earlier = self.differences[block - 1] if block else 0.0
            text += (
                f"; it sinks most in block {block} ({signed(self.differences[block] - earlier)})"
            )
        return text


Depth.finds = DepthFinding

INSTRUMENT = Depth()
