"""The parts of a run where the illusion is largest."""

from __future__ import annotations

import math
from statistics import NormalDist

import msgspec
import polars as pl

SMALLEST_SLICE = 10
"""With fewer items a slice says more about its items than about itself."""

_LENGTHS = ((5, "1–5 characters"), (10, "6–10 characters"), (20, "11–20 characters"))
_LONGEST = "over 20 characters"


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The items that have something in common.

    Attributes:
        by: what the run is cut by ("language", "kind", "gold length", "passage").
        recognition_only: how many of its items are.
        illusion: how much further open accuracy fell than choice accuracy, as a share: what a
            benchmark of choices doesn't show.
        low, high: its 95 % interval, by the normal approximation over the items.
    """

    by: str
    value: str
    n: int
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
    verdicts = [f"{side}_{kind}_correct" for side in _SIDES for kind in ("answer", "choice")]
    pairs = frame.drop_nulls(verdicts)
    slices = []
    for by, values in _cuts(pairs).items():
        if values.n_unique() < 2:
            continue
        for (value,), part in pairs.with_columns(cut=values).group_by("cut", maintain_order=True):
            if part.height >= SMALLEST_SLICE:
                slices.append(_slice(by, str(value), part))
    return tuple(sorted(slices, key=lambda part: (-part.illusion, -part.n, part.by, part.value)))


_SIDES = ("dense", "pruned")


def _cuts(frame: pl.DataFrame) -> dict[str, pl.Series]:
    length = pl.lit(_LONGEST)
    for most, name in reversed(_LENGTHS):
        length = (
            pl.when(pl.col("gold").str.len_chars() <= most).then(pl.lit(name)).otherwise(length)
        )
    cuts = frame.select(
        pl.col("language"),
        pl.col("kind").fill_null("unnamed"),
        length.alias("gold length"),
        pl.when("has_passage").then(pl.lit("given")).otherwise(pl.lit("none")).alias("passage"),
    )
    return {name: cuts[name] for name in cuts.columns}


def _slice(by: str, value: str, frame: pl.DataFrame) -> Slice:
    changes = {
        kind: frame[f"pruned_{kind}_correct"].cast(pl.Int8)
        - frame[f"dense_{kind}_correct"].cast(pl.Int8)
        for kind in ("answer", "choice")
    }
    gaps = [int(gap) for gap in changes["choice"] - changes["answer"]]
    n = len(gaps)
    illusion = sum(gaps) / n
    variance = sum((gap - illusion) ** 2 for gap in gaps) / (n - 1)
    margin = NormalDist().inv_cdf(0.975) * math.sqrt(variance / n)
    return Slice(
        by=by,
        value=value,
        n=n,
        recognition_only=int((frame["outcome"] == "recognition-only").sum()),
        open_change=int(changes["answer"].sum()) / n,
        choice_change=int(changes["choice"].sum()) / n,
        illusion=illusion,
        low=illusion - margin,
        high=illusion + margin,
    )
