"""What an instrument finds over many items together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

import msgspec

from engine.records.instruments.along import AlongFinding
from engine.records.instruments.depth import DepthFinding
from engine.records.instruments.fork import ForkFinding
from engine.records.instruments.instrument import Finding, Instrument
from engine.records.instruments.restore import (
    BlockGain,
    MatrixGain,
    RestoreFinding,
    gains_sentence,
)


class PooledDepth(msgspec.Struct, frozen=True, kw_only=True):
    """Where the answers of several items sink.

    Attributes:
        differences: after every block the mean of compressed minus dense log-probability.
        parts, sinks: how many items part, and sink most, at each block where any does.
    """

    items: int
    differences: tuple[float, ...]
    parts: dict[int, int]
    sinks: dict[int, int]

    @property
    def sentence(self) -> str:
        """Where they sink, in a sentence without its full stop."""
        most = sorted(self.sinks.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
        named = ", ".join(f"{block} ({count} of {self.items})" for block, count in most)
        return f"answers sink most in block {named}" if named else "no answer sinks"


class PooledRestore(msgspec.Struct, frozen=True, kw_only=True):
    """What restoring gains on the mean of several items, in nats.

    Attributes:
        helped: of how many items each block gains something.
    """

    items: int
    dense: float
    compressed: float
    blocks: tuple[BlockGain, ...]
    helped: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """Which blocks gain most and which hurt, in a sentence without its full stop."""
        return gains_sentence([block.gain for block in self.blocks])


class PooledFork(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers complete themselves after a forced token.

    Attributes:
        complete: answers that are right then.
        given: items whose gold answer is one token, which forcing it gives.
        given_complete: of these the answers that are right, since the model doesn't run on.
    """

    items: int
    complete: int
    given: int
    given_complete: int

    @property
    def sentence(self) -> str:
        """The figure, in a sentence without its full stop."""
        several = self.items - self.given
        text = f"{self.complete} of {self.items} answers complete themselves"
        if self.given:
            text += (
                f": {self.complete - self.given_complete} of {several} whose gold has several "
                f"tokens, {self.given_complete} of {self.given} whose gold is the forced one"
            )
        return text


class PooledAlong(msgspec.Struct, frozen=True, kw_only=True):
    """Where the two greedy answers of several items part.

    Attributes:
        parts: how many part at each token, counted from 1.
        together: how many don't part.
        comes_first: compressed answers along which the gold's first token is the likeliest at some
            step after the one where they part.
    """

    items: int
    parts: dict[int, int]
    together: int
    comes_first: int

    @property
    def sentence(self) -> str:
        """Where they part, in a sentence without its full stop."""
        tokens = list(self.parts.items())[:3]
        named = ", ".join(f"{count} at token {token}" for token, count in tokens)
        return (
            f"of {self.items} pairs of answers part {named or 'none'}; further along "
            f"{self.comes_first} of the compressed ones the gold's first token comes to rank 1"
        )


Pooled: TypeAlias = PooledDepth | PooledRestore | PooledFork | PooledAlong


def largest_alike(findings: Sequence[Finding]) -> list[Finding]:
    """Of findings of one kind those of one instrument, the one that most items have."""
    by_instrument: dict[Instrument, list[Finding]] = {}
    for finding in findings:
        by_instrument.setdefault(finding.instrument, []).append(finding)
    return max(by_instrument.values(), key=len, default=[])


def pooled(findings: Sequence[Finding]) -> Pooled | None:
    """The figure of what one instrument found of several items under one variant.

    None where there is nothing, or the instrument makes no figure.
    """
    match findings:
        case [DepthFinding(), *_]:
            return _depth([one for one in findings if isinstance(one, DepthFinding)])
        case [RestoreFinding(), *_]:
            return _restore([one for one in findings if isinstance(one, RestoreFinding)])
        case [ForkFinding(), *_]:
            return _fork([one for one in findings if isinstance(one, ForkFinding)])
        case [AlongFinding(), *_]:
            return _along([one for one in findings if isinstance(one, AlongFinding)])
    return None


def _depth(findings: Sequence[DepthFinding]) -> PooledDepth:
    return PooledDepth(
        items=len(findings),
        differences=tuple(
            fmean(values) for values in zip(*(one.differences for one in findings), strict=True)
        ),
        parts=_counted([one.parts_at for one in findings]),
        sinks=_counted([one.sinks_at for one in findings]),
    )


def _counted(blocks: Sequence[int | None]) -> dict[int, int]:
    return dict(sorted(Counter(block for block in blocks if block is not None).items()))


def _restore(findings: Sequence[RestoreFinding]) -> PooledRestore:
    every = list(zip(*(one.blocks for one in findings), strict=True))
    return PooledRestore(
        items=len(findings),
        dense=fmean(one.dense for one in findings),
        compressed=fmean(one.compressed for one in findings),
        blocks=tuple(
            BlockGain(
                fmean(one.gain for one in blocks),
                tuple(
                    MatrixGain(its[0].name, fmean(matrix.gain for matrix in its))
                    for its in zip(*(one.matrices for one in blocks), strict=True)
                ),
            )
            for blocks in every
        ),
        helped=tuple(sum(one.gain > 0 for one in blocks) for blocks in every),
    )


def _along(findings: Sequence[AlongFinding]) -> PooledAlong:
    parted = [(one, one.parts_at) for one in findings if one.parts_at is not None]
    return PooledAlong(
        items=len(findings),
        parts=_counted([place + 1 for _, place in parted]),
        together=len(findings) - len(parted),
        comes_first=sum(
            any(step.gold_rank == 1 for step in one.compressed.steps[place + 1 :])
            for one, place in parted
        ),
    )


def _fork(findings: Sequence[ForkFinding]) -> PooledFork:
    given = [one for one in findings if one.given]
    return PooledFork(
        items=len(findings),
        complete=sum(one.completes for one in findings),
        given=len(given),
        given_complete=sum(one.completes for one in given),
    )
