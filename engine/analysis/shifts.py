"""How far a variant moved from the reference, in the figures of `llama-perplexity --kl-divergence`.

That program looks at every token of a text; here it is the first token of the answer, one an item.
An error is the standard error over the items: of a mean s / √n, with s² the sample variance
(n − 1 below), and of a share p, which is a mean of zeros and ones, √(p (1 − p) / (n − 1)). Of fewer
than two items there is none. Percentiles are interpolated linearly between the two values next to
q (n − 1).
"""

from __future__ import annotations

import math

import msgspec
import polars as pl

DELTA_PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
TAIL_PERCENTILES = (100, 99.9, 99, 95, 90, 50, 10, 5, 1, 0)
"""Of the KL divergence; 100 is the maximum, 0 the minimum."""

CONTAINED = (1, 5, 10)
"""The n of top-n containment; scoring keeps ten tokens."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A mean or a share over n items with its standard error, None for fewer than two."""

    value: float
    error: float | None
    n: int


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How far one variant moved; what no item has is None or empty.

    Attributes:
        delta_p: mean Δp, the probability of the gold answer's first token under the variant minus
            that under the reference. Items for which the two do best on different aliases don't
            count: it would be the difference of two tokens.
        delta_p_rms: root of the mean of Δp².
        delta_p_percentiles: of Δp, by percentage.
        kl_vocabulary: mean KL divergence from the reference over the vocabulary, in nats.
        kl_percentiles: its percentiles, by percentage: the tail.
        same_top: share of items whose likeliest first token is the same.
        containment: share of items whose likeliest first token under the reference is among the n
            likeliest under the variant, by n.
        lost_choices: share of all choices that went from right to wrong.
        gained_choices: share that went from wrong to right.
    """

    delta_p: Estimate | None
    delta_p_rms: float | None
    delta_p_percentiles: dict[str, float]
    kl_vocabulary: Estimate | None
    kl_percentiles: dict[str, float]
    same_top: Estimate | None
    containment: dict[str, Estimate]
    lost_choices: Estimate | None
    gained_choices: Estimate | None


def shift_of(frame: pl.DataFrame) -> Shift:
    """The figures of a frame of `engine.analysis.frame`."""
    same_answer = frame.filter(pl.col("dense_gold_answer") == pl.col("pruned_gold_answer"))
    deltas = (
        same_answer["pruned_gold_probability"] - same_answer["dense_gold_probability"]
    ).drop_nulls()
    divergences = frame["kl_vocabulary"].drop_nulls()
    known = frame.filter(pl.col("same_top").is_not_null())
    flips = frame["flip"].drop_nulls()
    return Shift(
        delta_p=estimate(deltas),
        delta_p_rms=math.sqrt(_mean(deltas.pow(2))) if deltas.len() else None,
        delta_p_percentiles=percentiles(deltas, DELTA_PERCENTILES),
        kl_vocabulary=estimate(divergences),
        kl_percentiles=percentiles(divergences, TAIL_PERCENTILES),
        same_top=estimate(known["same_top"]),
        containment={
            str(n): found
            for n in CONTAINED
            if (found := estimate((known["top_rank"] <= n).fill_null(False)))
        },
        lost_choices=estimate(flips == "right-to-wrong"),
        gained_choices=estimate(flips == "wrong-to-right"),
    )


def estimate(values: pl.Series) -> Estimate | None:
    """The mean of numbers, or the share of true among verdicts; None where there are none."""
    numbers = values.drop_nulls().cast(pl.Float64)
    n = numbers.len()
    if not n:
        return None
    mean = _mean(numbers)
    error = None
    if n > 1:
        variance = math.fsum((value - mean) ** 2 for value in numbers) / (n - 1)
        error = math.sqrt(variance / n)
    return Estimate(value=mean, error=error, n=n)


def percentiles(values: pl.Series, wanted: tuple[float, ...]) -> dict[str, float]:
    """Percentiles by their percentage ("99.9"); empty where there are no values."""
    if values.is_empty():
        return {}
    return {f"{q:g}": float(values.quantile(q / 100, "linear") or 0.0) for q in wanted}


def _mean(values: pl.Series) -> float:
    return math.fsum(values) / values.len()
