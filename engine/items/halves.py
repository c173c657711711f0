"""The half of a run's items that something is chosen or made with, and the half held out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.items.subsets import seeded_subset
from engine.records.items import Item


class Halves(msgspec.Struct, frozen=True):
    """Both halves of some items, each in their order; they have no item in common.

    Attributes:
        choosing: what remedies are chosen on, and calibrated with.
        held_out: what they are proven on; nothing that is chosen or made has seen them.
    """

    choosing: tuple[Item, ...]
    held_out: tuple[Item, ...]


def halves(items: Iterable[Item], seed: int) -> Halves:
    """Split items into halves, within each language; of an odd number one more is held out.

    An item's half depends on the seed and on the ids of its language alone. Items that have the
    same id in several languages are on the same side where each language has the same ids.
    """
    by_language: dict[str, list[str]] = {}
    everything = tuple(items)
    for item in everything:
        by_language.setdefault(item.language, []).append(item.id)
    chosen = frozenset[str]().union(
        *(seeded_subset(ids, len(ids) // 2, seed) for ids in by_language.values())
    )
    return Halves(
        choosing=tuple(item for item in everything if item.id in chosen),
        held_out=tuple(item for item in everything if item.id not in chosen),
    )
