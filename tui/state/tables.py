"""The tables of a run, one for each variant, made behind its items."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from engine.analysis.metrics.metric import Value

if TYPE_CHECKING:
    import polars as pl

    from tui.state.table import Table

SLICE = 50
"""So many items are tabulated between two looks at the clock."""


class Tables:
    """Tables whose row n is that of item n, each of the first items at least.

    Args:
        ids: of the items in the order of arrival; grows with them.
        row: of an item, by its id, under a variant.

    Attributes:
        wanted: tables may be made. Not before the first rows are on the screen: polars, which makes
            them, takes as long to import as all the rest.
        elsewhere: another process makes the tables, and `extend` takes them in.
    """

    def __init__(self, ids: Sequence[str], row: Callable[[str, str], Mapping[str, Value]]) -> None:
        self.wanted = False
        self.elsewhere = False
        self._ids = ids
        self._row = row
        self._tables: dict[str, Table] = {}
        self._numbers: dict[str, int] = {}
        self._changed: set[str] = set()

    def of(self, variant: str) -> Table:
        """The table of a variant as far as it is made. Imports polars."""
        from tui.state.table import Table

        return self._tables.setdefault(variant, Table())

    def whole(self) -> dict[str, pl.DataFrame]:
        """The tables in which all items are, by variant."""
        return {name: table.frame for name, table in self._tables.items() if self.complete(name)}

    def complete(self, variant: str) -> bool:
        """Whether all items are in the table of a variant."""
        return self.of(variant).height == len(self._ids)

    def catch_up(self, variant: str, seconds: float = math.inf) -> bool:
        """Tabulate items for about so long; tells whether nothing is left to do here."""
        from engine.analysis.frame import frame_of

        if self.elsewhere:
            return True
        table = self.of(variant)
        deadline = time.monotonic() + seconds
        rows: list[dict[str, Value]] = []
        done = table.height
        while done < len(self._ids) and time.monotonic() < deadline:
            ids = self._ids[done : done + SLICE]
            rows += [dict(self._row(item_id, variant)) for item_id in ids]
            done += len(ids)
        table.extend(frame_of(rows))
        return done == len(self._ids)

    def extend(self, variant: str, first: int, rows: pl.DataFrame) -> None:
        """Add rows that were made elsewhere, of the items that come next in a table.

        What changed meanwhile is put into them.
        """
        table = self.of(variant)
        assert table.height == first
        table.extend(rows)
        self._renew(self._changed.intersection(self._ids[first : table.height]), variant)

    def change(
        self,
        item_ids: Collection[str],
        variants: Iterable[str],
        columns: Collection[str] | None = None,
    ) -> None:
        """Put what is known of some items now into their rows.

        Args:
            item_ids: of the items.
            variants: whose tables change.
            columns: that change; None for all.
        """
        if self.elsewhere:
            self._changed.update(item_ids)
        for variant in self._tables.keys() & set(variants):
            self._renew(item_ids, variant, columns)

    def _renew(
        self, item_ids: Collection[str], variant: str, columns: Collection[str] | None = None
    ) -> None:
        table = self._tables[variant]
        rows = {}
        for item_id in item_ids:
            number = self._number(item_id)
            if number is not None and number < table.height:
                row = self._row(item_id, variant)
                rows[number] = {name: row[name] for name in (columns or row)}
        table.replace(rows)

    def _number(self, item_id: str) -> int | None:
        """The place of an item in the order of arrival; None where it is not scored."""
        known = len(self._numbers)
        for number, new in enumerate(islice(self._ids, known, None), start=known):
            self._numbers[new] = number
        return self._numbers.get(item_id)
