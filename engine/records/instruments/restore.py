"""Restore: what the gold answer gains when a part of the model is dense again."""

from __future__ import annotations

from typing import Self

import msgspec

from engine.records.instruments.instrument import Finding, Instrument, signed

NAMED = 3
"""So many of the parts that gain or lose most are named."""


class Restore(Instrument, frozen=True, kw_only=True, tag="restore"):
    """The gold answer's log-probability with one part at a time dense again.

    `matrices` opens every block into its weight matrices.
    """

    title = "restore"
    help = "What the gold answer gains when a block, or one of its matrices, is dense again."
    key = "r"
    place = 2
    pooled = True

    matrices: bool = True

    @property
    def over_many(self) -> Self:
        # Matrices take seven times as long as blocks.
        return type(self)(matrices=False)


class MatrixGain(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a matrix gains; its name is the one within the block."""

    name: str
    gain: float


class BlockGain(msgspec.Struct, frozen=True, array_like=True):
    """What a block gains, and each of its matrices alone; none where they were not opened."""

    gain: float
    matrices: tuple[MatrixGain, ...] = ()


class RestoreFinding(Finding, frozen=True, kw_only=True, tag="restore"):
    """What restoring gains, in nats; less than zero where it hurts.

    Attributes:
        dense, compressed: log-probability of the gold answer, summed over its tokens,
            teacher-forced.
        blocks: in their order, as far as they have come.
    """

    instrument: Restore
    dense: float
    compressed: float
    blocks: tuple[BlockGain, ...]

    @property
    def sentence(self) -> str:
        return gains_sentence([block.gain for block in self.blocks])


def gains_sentence(gains: list[float]) -> str:
    """Which blocks gain most, and which hurt."""
    order = sorted(range(len(gains)), key=lambda block: -gains[block])
    best = [block for block in order[:NAMED] if gains[block] > 0]
    worst = [block for block in order[::-1][:NAMED] if gains[block] < 0]
    parts = [
        f"{verb} {', '.join(f'{block} ({signed(gains[block])})' for block in blocks)}"
        for verb, blocks in (("most is gained by block", best), ("restoring hurts in", worst))
        if blocks
    ]
    return "; ".join(parts) or "no block gains or hurts"


Restore.finds = RestoreFinding

INSTRUMENT = Restore()
