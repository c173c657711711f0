"""What comes on stage: the items that carry the point, and what is told of each. No Textual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.records.hypotheses import Redecode
from engine.records.scores import Score, ScoredItem
from tui.state.state import RunState

MOST = 2000
"""So many items are looked at: those of a large run are decoded one by one."""
ORDERS = ("ranked", "counted", "single")

Lacking = Literal["scores", "demoted", "recoveries"]


@dataclass(frozen=True)
class Programme:
    """The items that come on stage, the most striking first.

    Attributes:
        variant: the compressed variant that is shown.
        ids: of the items.
        lacking: what the run has none of; None where there is all that is to be told.
    """

    variant: str
    ids: tuple[str, ...]
    lacking: Lacking | None = None


@dataclass(frozen=True)
class Scene:
    """All that is told of one item.

    Attributes:
        scored: the item.
        reference: how the reference answers it.
        variant: how the compressed variant does.
        labels: of both.
        results: its re-decodes under that variant, the most telling recovery first.
    """

    scored: ScoredItem
    reference: Score
    variant: Score
    labels: tuple[str, str]
    results: tuple[Redecode, ...]

    @property
    def recovery(self) -> Redecode | None:
        """The re-decode that brings the answer back."""
        first = next(iter(self.results), None)
        return first if first is not None and first.recovered_at else None


def programme(state: RunState, variant: str | None = None, wanted: str | None = None) -> Programme:
    """What of a run comes on stage: recognition-only items, where there are any only those that a
    stored re-decode brings back. What was asked is among them.

    Args:
        state: what is known of the run.
        variant: the one to show; None takes the first that has recoveries.
        wanted: an item that comes in any case, if it is recognition-only.
    """
    names = state.variants if variant is None else (variant,)
    found = [_of_variant(state, name) for name in names]
    order = (None, "recoveries", "demoted", "scores")
    best = min(found, key=lambda one: order.index(one.lacking))
    if wanted is None or wanted in best.ids:
        return best
    return replace(best, ids=(*_demoted(state, [wanted], best.variant), *best.ids))


def scene(state: RunState, item_id: str, variant: str) -> Scene:
    """What is told of an item, which may be one that was asked."""
    scored = state.item(item_id)
    if scored is None:
        raise KeyError(item_id)
    results = [one for one in state.results(item_id) if one.variant == variant]
    return Scene(
        scored=scored,
        reference=scored.scores.get(state.reference, Score()),
        variant=scored.scores.get(variant, Score()),
        labels=(state.label(state.reference), state.label(variant)),
        results=tuple(sorted(results, key=_convincing)),
    )


def _of_variant(state: RunState, variant: str) -> Programme:
    if not state.scored:
        return Programme(variant, (), "scores")
    asked = list(state.asked_items.scored)
    tried = [item_id for item_id in state.ids if item_id in state.redecodes][:MOST]
    back = [item_id for item_id in (*tried, *asked) if state.recoveries(item_id, variant)]
    ids = _demoted(state, back, variant)
    if ids:
        return Programme(variant, ids)
    ids = _demoted(state, [*state.ids[:MOST], *asked], variant)
    return Programme(variant, ids, "recoveries" if ids else "demoted")


def _demoted(state: RunState, ids: Sequence[str], variant: str) -> tuple[str, ...]:
    """The recognition-only ones of some items, the most striking first."""
    values = {item_id: state.values(item_id, variant)["striking"] for item_id in ids}
    ranked = {item_id: value for item_id, value in values.items() if isinstance(value, float)}
    return tuple(sorted(ranked, key=ranked.__getitem__, reverse=True))


def _convincing(result: Redecode) -> tuple[bool, int, int]:
    """Recoveries first: ranked hypotheses before samples before single answers, the best first."""
    order = result.decoding.order
    at = -result.right if order == "counted" else result.recovered_at or 0
    return result.recovered_at is None, ORDERS.index(order), at
