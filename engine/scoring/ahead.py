"""What was computed of batches before all variants of a run were ready."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from engine.scoring.prepared import PreparedItem
from engine.scoring.wanted import PromptScore


class ItemScores(msgspec.Struct, frozen=True):
    """What one variant computes for an item's prompts; None for a prompt that isn't asked for."""

    open: PromptScore
    shown: PromptScore | None
    letter: PromptScore | None


class Ahead:
    """What was computed of batches under some variants, before the others were ready.

    It holds for the same batch alone: in another one a number format rounds otherwise.
    """

    def __init__(self) -> None:
        self._computed: dict[tuple[str, bool, tuple[str, ...]], list[ItemScores]] = {}

    def has(self, name: str, batch: Iterable[PreparedItem], *, packed: bool) -> bool:
        """Whether a batch is computed under a variant."""
        return _key(name, batch, packed) in self._computed

    def take(
        self, name: str, batch: Sequence[PreparedItem], *, packed: bool
    ) -> list[ItemScores] | None:
        """What is computed of a batch under a variant; None where it isn't."""
        return self._computed.get(_key(name, batch, packed))

    def keep(
        self,
        name: str,
        batch: Sequence[PreparedItem],
        computed: list[ItemScores],
        *,
        packed: bool,
    ) -> None:
        """Keep what was computed of a batch."""
        self._computed[_key(name, batch, packed)] = computed


def _key(
    name: str, batch: Iterable[PreparedItem], packed: bool
) -> tuple[str, bool, tuple[str, ...]]:
    return name, packed, tuple(prepared.item.id for prepared in batch)
