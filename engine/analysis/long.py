"""The scores of a run as a long table: one row per item and variant, the reference included."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from engine.analysis.frame import pairs_frame
from engine.analysis.metrics.registry import in_columns
from engine.records.settings import DENSE
from engine.runs.reading import Run

NOTHING = ""
"""What the reference is compared with: no variant has this name, and so changes are absent."""

KEYS = ("item_id", "variant", "achieved_sparsity")
"""The first columns; the others follow in the order of the table of pairs."""


def long_frame(run: Run, items: Collection[str] | None = None) -> pl.DataFrame:
    """A row for each item under each variant, items and variants in the order of the run.

    A metric of both sides has one column, without "dense_" or "pruned_" before its name.

    Args:
        run: as it is read.
        items: ids of those that are wanted; None for all.
    """
    settings = run.manifest.settings
    scored = [one for item_id, one in run.scored.items() if items is None or item_id in items]
    sparsities = {
        variant.name: variant.achieved_sparsity
        for variant in run.manifest.variants
        if variant.blocks
    }
    parts = []
    for place, name in enumerate(settings.variants):
        reference = NOTHING if name == settings.against else settings.against
        sparsity = 0.0 if name == DENSE else sparsities.get(name)
        pairs = pairs_frame(scored, reference, name, run.redecodes, run.annotations)
        part = pairs.select(
            *(pl.col(column).alias(long) for column, long in _columns().items()),
            pl.lit(sparsity, dtype=pl.Float64).alias("achieved_sparsity"),
            pl.lit(place).alias("_place"),
        )
        parts.append(part.with_row_index("_item"))
    rows = pl.concat(parts).sort("_item", "_place")
    return rows.select(*KEYS, *(name for name in _columns().values() if name not in KEYS))


def _columns() -> dict[str, str]:
    """The columns of the table of pairs that are a variant's own, with their names here."""
    return {metric.columns[-1].name: metric.name for metric in in_columns()}
