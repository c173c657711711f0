"""Whether a re-decode brought the gold answer back, and where it stood."""

from __future__ import annotations

from collections.abc import Iterator

from engine.analysis.metrics.metric import Pair, PairMetric
from engine.records.decodings.registry import kinds


def _recovered(pair: Pair) -> bool | None:
    if not pair.redecodes:
        return None
    return any(redecode.recovered_at for redecode in pair.redecodes)


def _by_kind(kind: str, title: str) -> PairMetric:
    def best_position(pair: Pair) -> int | None:
        return min(_positions(pair, kind), default=None)

    return PairMetric(
        name=f"recovered_by_{kind.replace('-', '_')}",
        type=int,
        title=f"position by {title}",
        help=f"Best position, from 1, at which {title} brought the gold answer back.",
        of_redecodes=True,
        value=best_position,
    )


def _positions(pair: Pair, kind: str) -> Iterator[int]:
    for redecode in pair.redecodes:
        if redecode.decoding.name == kind and redecode.recovered_at:
            yield redecode.recovered_at


METRICS = (
    PairMetric(
        name="recovered",
        type=bool,
        title="recovered",
        help="Whether any re-decode brought the gold answer back; absent where none was made.",
        of_redecodes=True,
        value=_recovered,
    ),
    *(_by_kind(kind.name, kind.title) for kind in kinds().values()),
)
