"""Metrics summed up over items."""

from __future__ import annotations

from typing import Literal

import msgspec
import polars as pl

from engine.analysis.metrics.registry import metrics


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A column summed up over the n items in which it is not absent; `value` is None for n = 0."""

    how: Literal["mean", "median", "share"]
    value: float | None
    n: int


def sum_up(frame: pl.DataFrame) -> dict[str, Figure]:
    """Every metric that is summed up, by its column; those of both sides have two."""
    return {
        column.name: Figure(
            how=metric.summed.how,
            value=_FOLDS[metric.summed.how](frame[column.name]),
            n=frame[column.name].count(),
        )
        for metric in metrics().values()
        if metric.summed is not None
        for column in metric.columns
    }


def share(values: pl.Series) -> float | None:
    """Share of true among those that are not null; None where there are none."""
    known = values.drop_nulls()
    return int(known.sum()) / known.len() if known.len() else None


def mean(values: pl.Series) -> float | None:
    """Mean of those that are not null; None where there are none."""
    result = values.mean()
    return float(result) if isinstance(result, int | float) else None


def median(values: pl.Series) -> float | None:
    """Median of those that are not null; None where there are none."""
    result = values.median()
    return float(result) if isinstance(result, int | float) else None


_FOLDS = {"mean": mean, "median": median, "share": share}
