"""How the wrong open answers of a variant fail, counted."""

from __future__ import annotations

from collections import Counter

import msgspec
import polars as pl

from engine.records.scores import FAILURE_MODES


class FailureCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Wrong open answers by failure mode, every mode among the keys.

    `dense` is the reference, whatever it is.
    """

    dense: dict[str, int]
    pruned: dict[str, int]


def failures_of(frame: pl.DataFrame) -> FailureCounts | None:
    """Count the failure modes in a frame of `engine.analysis.frame`; None where there are none."""
    counts = FailureCounts(
        dense=_counted(frame["dense_failure"]), pruned=_counted(frame["pruned_failure"])
    )
    return counts if any(counts.dense.values()) or any(counts.pruned.values()) else None


def _counted(modes: pl.Series) -> dict[str, int]:
    counts = Counter(modes.drop_nulls())
    return {mode: counts[mode] for mode in FAILURE_MODES}
