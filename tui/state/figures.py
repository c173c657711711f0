"""The figures of a run, computed from one snapshot of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from engine.analysis.failure_counts import FailureCounts, failures_of
from engine.analysis.frame import run_frame
from engine.analysis.partings import Partings, partings_of
from engine.analysis.shifts import Shift, shift_of
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
        failures: how wrong answers fail, by variant.
        shifts: how far the variants moved.
        partings: where their answers part from the reference's.
    """

    run: Run
    statistics: Statistics
    frames: dict[str, pl.DataFrame]
    metrics: dict[str, dict[str, Figure]]
    variants: VariantTable
    failures: dict[str, FailureCounts | None]
    shifts: dict[str, Shift]
    partings: dict[str, Partings | None]

    @classmethod
    def of(cls, run: Run, known: Mapping[str, pl.DataFrame]) -> Figures:
        """Compute the figures, which is slow; `known` has the pairs of some variants."""
        recipes = run.manifest.settings.recipes
        frames = {name: known[name] if name in known else run_frame(run, name) for name in recipes}
        return cls(
            run=run,
            statistics=run_statistics(run, frames),
            frames=frames,
            variants=variant_table(run, frames),
            metrics={name: sum_up(frame) for name, frame in frames.items()},
            failures={name: failures_of(frame) for name, frame in frames.items()},
            shifts={name: shift_of(frame) for name, frame in frames.items()},
            partings={name: partings_of(frame) for name, frame in frames.items()},
        )
