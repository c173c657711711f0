"""Which columns a person wants in the table of the items, and in what order."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class ColumnChoice(msgspec.Struct, frozen=True):
    """Columns by their keys. What is not named here is shown where there is room for it.

    Attributes:
        on: chosen, the latest first: they stay longer than others where room is short.
        off: not wanted.
        order: of the columns from left to right; empty for the table's own.
    """

    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    def toggled(self, key: str, *, shown: bool) -> ColumnChoice:
        """Without a column that is shown or was chosen, or with one that isn't."""
        unwanted = shown or key in self.on
        on = tuple(other for other in self.on if other != key)
        off = tuple(other for other in self.off if other != key)
        return msgspec.structs.replace(
            self, on=on if unwanted else (key, *on), off=(*off, key) if unwanted else off
        )

    def ordered(self, keys: Sequence[str]) -> list[str]:
        """Keys in the chosen order; those that it doesn't name follow the one before them."""
        known = set(keys)
        found = [key for key in dict.fromkeys(self.order) if key in known]
        named = set(found)
        for number, key in enumerate(keys):
            if key not in named:
                found.insert(found.index(keys[number - 1]) + 1 if number else 0, key)
        return found

    def moved(self, keys: Sequence[str], key: str, by: int) -> ColumnChoice:
        """With a column further to the left or right among all of them."""
        order = self.ordered(keys)
        place = order.index(key)
        order.insert(max(0, min(place + by, len(order) - 1)), order.pop(place))
        return msgspec.structs.replace(self, order=tuple(order))
