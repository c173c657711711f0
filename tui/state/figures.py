"""The figures of a run, computed from one snapshot of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from engine.analysis.frame import run_frame
from engine.analysis.statistics import Statistics, run_statistics
from engine.analysis.summed import Figure, sum_up
from engine.analysis.variants import VariantTable, variant_table
from engine.runs.reading import Run


@dataclass(frozen=True)
class Figures:
    """All that a summary shows of one snapshot of a run.

    Attributes:
        frames: the pairs by variant.
        metrics: what the metrics are summed up to, by variant.
        variants: all of them beside each other.
    """

    run: Run
    statistics: Statistics
    frames: dict[str, pl.DataFrame]
    metrics: dict[str, dict[str, Figure]]
    variants: VariantTable

    @classmethod
    def of(cls, run: Run, known: Mapping[str, pl.DataFrame]) -> Figures:
        """Compute the figures, which is slow; `known` has the pairs of some variants."""
        recipes = run.manifest.settings.recipes
        frames = {name: known[name] if name in known else run_frame(run, name) for name in recipes}
        metrics = {name: sum_up(frame) for name, frame in frames.items()}
        table = variant_table(run, frames)
        return cls(run, run_statistics(run, frames), frames, metrics, table)
