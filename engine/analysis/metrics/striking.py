"""How well an item shows the illusion: for the order in which items are shown to others."""

from __future__ import annotations

from engine.analysis.metrics.metric import Pair, PairMetric
from engine.analysis.pairing import outcome

NEAR, NEARBY = 5, 20
"""A demoted first token of at most these ranks counts in full and by half; others by a quarter."""


def _striking(pair: Pair) -> float | None:
    if outcome(pair.dense, pair.pruned) != "recognition-only":
        return None
    back = any(redecode.recovered_at for redecode in pair.redecodes)
    return (back + _demoted(pair)) / 2


def _demoted(pair: Pair) -> float:
    """How sure the dense model was of what the other one has next to the top, from 0 to 1."""
    if pair.dense.gold is None or pair.pruned.gold is None:
        return 0.0
    rank = pair.pruned.gold.rank
    weight = 1.0 if 1 < rank <= NEAR else 0.5 if rank <= NEARBY else 0.25
    return weight * pair.dense.gold.probability


METRICS = (
    PairMetric(
        name="striking",
        type=float,
        title="striking",
        help="How well a recognition-only item shows the illusion, from 0 to 1: half of it that a "
        "re-decode brought the answer back, half how sure the dense model was of an answer whose "
        "first token now has a rank from 2 to 5 (others count less).",
        of_redecodes=True,
        value=_striking,
    ),
)
