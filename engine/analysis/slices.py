"""The parts of a run where the illusion is largest."""

from __future__ import annotations

import math
from statistics import NormalDist

import msgspec
import polars as pl

from engine.analysis.cuts import GOLD_LENGTH, KIND, LANGUAGE, PASSAGE, Cut, Part, parts

SMALLEST_SLICE = 10
"""With fewer items a slice says more about its items than about itself."""

CUTS = (LANGUAGE, KIND, GOLD_LENGTH, PASSAGE)
"""What the items are, and not how they are answered."""

VERDICTS = tuple(
    f"{side}_{kind}_correct" for side in ("dense", "pruned") for kind in ("answer", "choice")
)


class Illusion(msgspec.Struct, frozen=True, kw_only=True):
    """How much further open accuracy fell than choice accuracy, over items that have both.

    Attributes:
        value: as a share: what a benchmark of choices doesn't show.
        low, high: its 95 % interval, by the normal approximation over the items; None for one item.
    """

    n: int
    open_change: float
    choice_change: float
    value: float
    low: float | None
    high: float | None


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The items that have something in common.

    Attributes:
        by: what the run is cut by ("language", "kind", "gold length", "passage").
        filter: that shows its items; None where the filter language can't say it.
        known: how many of its items the reference answers: among others no answer is demoted.
        recognition_only: how many of its items are.
        illusion: how much further open accuracy fell than choice accuracy, as a share: what a
            benchmark of choices doesn't show.
        low, high: its 95 % interval, by the normal approximation over the items.
    """

    by: str
    value: str
    filter: str | None
    n: int
    known: int
    recognition_only: int
    open_change: float
    choice_change: float
    illusion: float
    low: float
    high: float


def rank_slices(frame: pl.DataFrame) -> tuple[Slice, ...]:
    """Every slice of `SMALLEST_SLICE` items or more, the largest illusion first.

    An item counts if it has an open answer and a choice from both variants. What doesn't cut the
    run (one language, no passages) gives no slices.
    """
    pairs = frame.drop_nulls(VERDICTS)
    slices = []
    for cut in CUTS:
        found = list(parts(pairs, cut))
        if len(found) > 1:
            slices += [_slice(cut, part) for part in found if part.frame.height >= SMALLEST_SLICE]
    return tuple(sorted(slices, key=lambda part: (-part.illusion, -part.n, part.by, part.value)))


def illusion_of(frame: pl.DataFrame) -> Illusion | None:
    """The illusion over the items of a frame; None where none has all four verdicts."""
    pairs = frame.select(pl.col(VERDICTS).cast(pl.Int8)).drop_nulls()
    if pairs.is_empty():
        return None
    changes = {
        kind: pairs[f"pruned_{kind}_correct"] - pairs[f"dense_{kind}_correct"]
        for kind in ("answer", "choice")
    }
    gaps = [int(gap) for gap in changes["choice"] - changes["answer"]]
    n = len(gaps)
    value = sum(gaps) / n
    margin = None
    if n > 1:
        variance = sum((gap - value) ** 2 for gap in gaps) / (n - 1)
        margin = NormalDist().inv_cdf(0.975) * math.sqrt(variance / n)
    return Illusion(
        n=n,
        open_change=int(changes["answer"].sum()) / n,
        choice_change=int(changes["choice"].sum()) / n,
        value=value,
        low=None if margin is None else value - margin,
        high=None if margin is None else value + margin,
    )


def _slice(cut: Cut, part: Part) -> Slice:
    frame = part.frame
    found = illusion_of(frame)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return Slice(
        by=cut.title,
        value=part.value,
        filter=part.filter,
        n=found.n,
        known=int(frame["dense_answer_correct"].sum()),
        recognition_only=int((frame["outcome"] == "recognition-only").sum()),
        open_change=found.open_change,
        choice_change=found.choice_change,
        illusion=found.value,
        low=found.low,
        high=found.high,
    )
