"""What re-decoding brought back, folded once: by decoding, then by item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Redecode

Positions = Mapping[str, int | None]
"""By the id of an item that a decoding was tried on: the position (from 1) at which the gold answer
came back, None where it did not."""


def fold_recoveries(redecodes: Iterable[Redecode], variant: str) -> dict[Decoding, Positions]:
    """What each decoding did for each item under a variant, in the order of the labels.

    Decodings are told apart by all of their parameters.
    """
    by_decoding: dict[Decoding, dict[str, int | None]] = {}
    for redecode in redecodes:
        if redecode.variant == variant:
            positions = by_decoding.setdefault(redecode.decoding, {})
            positions[redecode.item_id] = redecode.recovered_at
    return dict(sorted(by_decoding.items(), key=lambda entry: entry[0].label))


def among(recoveries: Mapping[Decoding, Positions], items: set[str]) -> dict[Decoding, Positions]:
    """The recoveries of some items; a decoding that was tried on none of them is left out."""
    chosen = {
        decoding: {item: position for item, position in positions.items() if item in items}
        for decoding, positions in recoveries.items()
    }
    return {decoding: positions for decoding, positions in chosen.items() if positions}


def brought_back(positions: Positions) -> set[str]:
    """The items whose gold answer came back."""
    return {item for item, position in positions.items() if position}
