"""One pair as a row of the table: the value of every column."""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.analysis.metrics.metric import Pair, Value
from engine.analysis.metrics.registry import columns
from engine.records.hypotheses import Redecode
from engine.records.scores import Score, ScoredItem

COLUMNS = columns()
"""The columns of the table of pairs, in their order."""


def pair_row(
    scored: ScoredItem, reference: str, variant: str, redecodes: Iterable[Redecode] = ()
) -> dict[str, Value]:
    """The row of one item; of the re-decodes those of this item under this variant count.

    A number that is not finite is absent.
    """
    pair = Pair(
        item=scored.item,
        dense=scored.scores.get(reference, Score()),
        pruned=scored.scores.get(variant, Score()),
        variant=variant,
        redecodes=tuple(
            redecode
            for redecode in redecodes
            if redecode.item_id == scored.item.id and redecode.variant == variant
        ),
    )
    return {column.name: _finite(column.value(pair)) for column in COLUMNS}


def _finite(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value
