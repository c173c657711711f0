"""Pairs of scores as a table: one row per item, dense and pruned side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

import polars as pl

from engine.analysis.metrics.metric import Value
from engine.analysis.rows import COLUMNS, pair_row
from engine.records.annotations import NOTHING, Annotation
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.scores import ScoredItem
from engine.runs.reading import Run
from engine.runs.variants import require_variant

PART = 5_000
"""So many rows at a time are Python's; the table holds them in a tenth of the memory."""


def run_frame(run: Run, variant: str | None = None) -> pl.DataFrame:
    """The pairs of a run under one variant (None: the first recipe), in the order of the items.

    Raises:
        UserError: the run has no such variant.
    """
    name = resolve_variant(run, variant)
    against = run.manifest.settings.against
    return pairs_frame(run.scored.values(), against, name, run.redecodes, run.annotations)


def pairs_frame(
    scored: Iterable[ScoredItem],
    reference: str,
    variant: str,
    redecodes: Iterable[Redecode] = (),
    annotations: Mapping[str, Annotation] = MappingProxyType({}),
) -> pl.DataFrame:
    """One row per scored item, in the given order; types are the same for no rows.

    The columns called dense_… are the reference's, whatever it is. What is absent is null, and so
    is what is not a finite number.
    """
    by_item = defaultdict(list)
    for redecode in redecodes:
        by_item[redecode.item_id].append(redecode)
    rows = (
        pair_row(
            each,
            reference,
            variant,
            by_item.get(each.item.id, ()),
            annotations.get(each.item.id, NOTHING),
        )
        for each in scored
    )
    parts = [frame_of([])]
    while part := list(islice(rows, PART)):
        parts.append(frame_of(part))
    return pl.concat(parts, rechunk=True)


def frame_of(rows: Sequence[Mapping[str, Value]]) -> pl.DataFrame:
    """Rows of `engine.analysis.rows` as a table; types are the same for no rows.

    Raises:
        UserError: a number is greater than any that a score can have.
    """
    try:
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")
    except (OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        reason = next(iter(str(error).splitlines()), "")
        raise UserError(
            f"the run's scores make no table: {reason}",
            "Restore its log from a copy, or score the items again in another directory.",
        ) from error


def resolve_variant(run: Run, variant: str | None) -> str:
    """The name of a variant as asked for: None or "pruned" is the first recipe.

    Raises:
        UserError: the run has no such variant.
    """
    recipes = run.manifest.settings.recipes
    if variant is None or variant == "pruned":
        return recipes[0]
    return require_variant(variant, recipes)


_TYPES = {str: pl.String, bool: pl.Boolean, int: pl.Int64, float: pl.Float64}

SCHEMA = pl.Schema({column.name: _TYPES[column.type] for column in COLUMNS})
