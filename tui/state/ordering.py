"""In what order the items are shown: by a column of their table, then by others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.analysis.metrics.registry import by_filter_name, filter_columns, near_names
from engine.records.errors import UserError, shortened

UP, DOWN = "▲", "▼"


@dataclass(frozen=True)
class SortKey:
    """Something that is sorted by.

    Attributes:
        columns: of the frame; a further one counts where those before it are equal. The first
            tells keys from each other.
        descending: from the highest down.
    """

    columns: tuple[str, ...]
    descending: bool = False

    @property
    def name(self) -> str:
        return self.columns[0]


@dataclass(frozen=True)
class Ordering:
    """Keys to sort by, each where those before it are equal; without one, the order of scoring."""

    keys: tuple[SortKey, ...] = ()

    def mark(self, name: str) -> str:
        """What a key's heading shows: its direction, and which one it is where there are several.

        Nothing for what is not sorted by.
        """
        for number, key in enumerate(self.keys, start=1):
            if key.name == name:
                arrow = DOWN if key.descending else UP
                return f"{arrow}{number}" if len(self.keys) > 1 else arrow
        return ""

    def turned(self, columns: tuple[str, ...], *, further: bool = False) -> Ordering:
        """By these columns: up, then down where it is by them already, then no more.

        Args:
            columns: of the frame.
            further: the other keys stay.
        """
        found = next((key for key in self.keys if key.name == columns[0]), None)
        if found is None:
            new: tuple[SortKey, ...] = (SortKey(columns),)
        else:
            new = () if found.descending else (replace(found, descending=True),)
        if not further:
            return Ordering(new)
        if found is None:
            return Ordering(self.keys + new)
        place = self.keys.index(found)
        return Ordering((*self.keys[:place], *new, *self.keys[place + 1 :]))

    def stepped(self, offered: Sequence[tuple[str, ...]], by: int) -> Ordering:
        """The last key gives way to the next one of those that are offered.

        A single key has the order of scoring between the last one and the first.
        """
        taken = {key.name for key in self.keys[:-1]}
        free: list[tuple[str, ...] | None] = [one for one in offered if one[0] not in taken]
        if not taken:
            free.insert(0, None)
        last = self.keys[-1] if self.keys else None
        places = [place for place, one in enumerate(free) if last and one and one[0] == last.name]
        chosen = free[((places[0] if places else 0) + by) % len(free)] if free else None
        if chosen is None:
            return Ordering(self.keys[:-1])
        descending = last is not None and bool(places) and last.descending
        return Ordering((*self.keys[:-1], SortKey(chosen, descending)))

    def extended(self, offered: Sequence[tuple[str, ...]]) -> Ordering:
        """With a further key: the one after the last, of those that are offered."""
        names = [one[0] for one in offered]
        taken = {key.name for key in self.keys}
        last = self.keys[-1].name if self.keys else ""
        start = names.index(last) + 1 if last in names else 0
        for columns in (*offered[start:], *offered[:start]):
            if columns[0] not in taken:
                return Ordering((*self.keys, SortKey(columns)))
        return self

    def shortened(self) -> Ordering:
        """Without the last key."""
        return Ordering(self.keys[:-1])

    def inverted(self) -> Ordering:
        """With the last key the other way round."""
        if not self.keys:
            return self
        last = self.keys[-1]
        return Ordering((*self.keys[:-1], replace(last, descending=not last.descending)))


AS_SCORED = Ordering()
STRIKING_FIRST = Ordering((SortKey(("striking",), descending=True),))
"""By a column that the table doesn't show."""


def parse_ordering(text: str) -> Ordering:
    """Read names of columns as filters take them, separated by commas; "-" turns one round.

    Raises:
        UserError: one of them is no column; with those that one may have meant.
    """
    keys: dict[str, SortKey] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name = part.removeprefix("-")
        asked = filter_columns(name)
        if asked is None:
            near = near_names(name)
            meant = f"; perhaps {' or '.join(near)}" if near else ""
            raise UserError(
                f"sort: '{shortened(name)}' is not a column{meant}",
                f"Columns: {', '.join(by_filter_name())}. Write -{near[0] if near else 'rank'} "
                "for the highest first.",
            )
        column = asked[1].name
        keys.setdefault(column, SortKey((column,), descending=part != name))
    if not keys:
        raise UserError("sort: no column is named", "Write for example rank,-dense_p.")
    return Ordering(tuple(keys.values()))
