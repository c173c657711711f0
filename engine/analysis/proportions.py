"""Shares with their intervals, and the test of two shares of the same items."""

from __future__ import annotations

import msgspec

CONFIDENCE = 0.95
"""Of every interval."""


class Proportion(msgspec.Struct, frozen=True, kw_only=True):
    """So many right of n, with the Wilson score interval."""

    right: int
    n: int
    share: float
    low: float
    high: float


def wilson(right: int, n: int) -> Proportion:
    """A proportion with its Wilson score interval (Wilson 1927); n must be above 0."""
    from scipy.stats import binomtest

    interval = binomtest(right, n).proportion_ci(CONFIDENCE, method="wilson")
    return Proportion(
        right=right, n=n, share=right / n, low=float(interval.low), high=float(interval.high)
    )


def mcnemar(dense_only: int, pruned_only: int) -> float:
    """Two-sided p-value of McNemar's exact test: the binomial test of the discordant pairs."""
    from scipy.stats import binomtest

    discordant = dense_only + pruned_only
    return float(binomtest(dense_only, discordant).pvalue) if discordant else 1.0
