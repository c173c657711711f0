"""The re-decodes of one item as a table: decodings by variants. No Textual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.greedy import Greedy
from engine.records.decodings.registry import kinds
from engine.records.hypotheses import Redecode
from engine.records.scores import Answer
from tui.state.decodes import LiveDecode, VariantDecode
from tui.state.state import RunState


@dataclass(frozen=True)
class Cell:
    """What one decoding of an item under one variant has come to.

    Attributes:
        variant: its name.
        demoted: whether there is an answer to be brought back.
        result: the finished re-decode.
        live: the one that runs or waits, or that ended without a result.
        scored: the run's own greedy answer, in the row of greedy decoding.
    """

    variant: str
    demoted: bool
    result: Redecode | None = None
    live: tuple[LiveDecode, VariantDecode] | None = None
    scored: Answer | None = None

    @property
    def known(self) -> bool:
        """Whether there is an answer, or one is on its way."""
        running = self.live is not None and self.live[0].running
        return running or self.result is not None or self.scored is not None


def kinds_in_order() -> list[Decoding]:
    """Every kind of decoding, what the others are compared with first."""
    return sorted(kinds().values(), key=lambda kind: not isinstance(kind, Greedy))


def others_of(state: RunState, item_id: str, shown: Iterable[Decoding]) -> list[Decoding]:
    """Decodings of an item's results that are not among those shown, in the order of kinds."""
    known = [result.decoding for result in state.results(item_id)]
    known += [live.decoding for live in state.questions.decodes(item_id) if live.running]
    missing = dict.fromkeys(decoding for decoding in known if decoding not in set(shown))
    order = [kind.name for kind in kinds_in_order()]
    return sorted(missing, key=lambda decoding: (order.index(decoding.name), decoding.label))


def cell_of(state: RunState, item_id: str, variant: str, decoding: Decoding) -> Cell:
    """The cell of a decoding and a variant."""
    results = state.results(item_id)
    live = [
        (decode, part)
        for decode in state.questions.decodes(item_id)
        if decode.decoding == decoding
        for part in decode.pending
        if part.variant == variant
    ]
    return Cell(
        variant=variant,
        demoted=state.demoted(item_id, variant),
        result=next((r for r in results if (r.variant, r.decoding) == (variant, decoding)), None),
        live=live[0] if live else None,
        scored=_scored(state, item_id, variant) if isinstance(decoding, Greedy) else None,
    )


def _scored(state: RunState, item_id: str, variant: str) -> Answer | None:
    scored = state.item(item_id)
    score = None if scored is None else scored.scores.get(variant)
    return None if score is None else score.open
