"""Slider: the item at any sparsity, on the dense model under Wanda's masks."""

from __future__ import annotations

import msgspec

from engine.records.instruments.instrument import Finding, Instrument
from engine.records.scores import TokenScore

MOST = 90
"""The greatest sparsity, in per cent."""
GRID = 5
"""A curve has a point every so many per cent."""


class Slider(Instrument, frozen=True, kw_only=True, tag="slider"):
    """The gold's first token at a sparsity of `percent`; None for a curve from 0 to `MOST`.

    Wanda's scores are those of the dense model's activations in all blocks, while a run's own
    variant is pruned block by block, each seeing the inputs that pruned blocks give.
    """

    title = "slider"
    help = "From which sparsity on? The gold's rank from 0 to 90 %, by masks of dense activations."
    key = "s"
    place = 5
    compares = False

    percent: int | None = None


class SliderPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The gold answer's first token at a sparsity, and the ten likeliest tokens there."""

    percent: int
    rank: int
    probability: float
    top: tuple[TokenScore, ...]


class SliderFinding(Finding, frozen=True, kw_only=True, tag="slider"):
    """Points by rising sparsity; `token` is the text of the gold answer's first token."""

    instrument: Slider
    token: str
    points: tuple[SliderPoint, ...]

    @property
    def falls_at(self) -> int | None:
        """The lowest sparsity in per cent at which the gold is not first; None if it always is."""
        return next((point.percent for point in self.points if point.rank > 1), None)

    @property
    def sentence(self) -> str:
        if len(self.points) == 1:
            point = self.points[0]
            return f"at {point.percent} % rank {point.rank}"
        if self.falls_at is None:
            return "the gold is first at every sparsity"
        return f"the gold is first below {self.falls_at} %"


Slider.finds = SliderFinding

INSTRUMENT = Slider()
