"""One pair as a row of the table: the value of every column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from engine.analysis.metrics.metric import Pair, Value
from engine.analysis.metrics.registry import columns
from engine.records.annotations import NOTHING, Annotation
from engine.records.hypotheses import Redecode
from engine.records.scores import Score, ScoredItem

COLUMNS = columns()
"""The columns of the table of pairs, in their order."""

_BY_NAME = {column.name: column for column in COLUMNS}


class PairRow(Mapping[str, Value]):
    """The row of an item; a value is computed when it is asked for.

    Args:
        scored: the item.
        reference: name of the variant that is compared with.
        variant: name of the pruned variant.
        redecodes: those of this item under this variant count.
        annotation: what is noted of the item; its verdicts are in the scores already.
    """

    def __init__(
        self,
        scored: ScoredItem,
        reference: str,
        variant: str,
        redecodes: Iterable[Redecode] = (),
        annotation: Annotation = NOTHING,
    ) -> None:
        self._pair = Pair(
            item=scored.item,
            dense=scored.scores.get(reference, Score()),
            pruned=scored.scores.get(variant, Score()),
            variant=variant,
            redecodes=tuple(
                redecode
                for redecode in redecodes
                if redecode.item_id == scored.item.id and redecode.variant == variant
            ),
            annotation=annotation,
        )

    def __getitem__(self, name: str) -> Value:
        return _finite(_BY_NAME[name].value(self._pair))

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_NAME)

    def __len__(self) -> int:
        return len(_BY_NAME)


def pair_row(
    scored: ScoredItem,
    reference: str,
    variant: str,
    redecodes: Iterable[Redecode] = (),
    annotation: Annotation = NOTHING,
) -> dict[str, Value]:
    """The whole row of an item, of the same arguments. A number that is not finite is absent."""
    return dict(PairRow(scored, reference, variant, redecodes, annotation))


def _finite(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value
