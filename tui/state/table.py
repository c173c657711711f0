"""The pairs of a run as a table that grows with the items."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.analysis.frame import SCHEMA
from engine.analysis.metrics.metric import Value

MERGED_ROWS = 8192
"""Parts with more rows stay as they are."""


class Table:
    """Rows in the order of arrival, row n being item n.

    Rows come in small parts. A part is merged with the one before it as soon as it is as long, so
    that a table has few parts and every row is copied few times. Merging never takes long enough
    for a key to wait.
    """

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self._frame: pl.DataFrame | None = pl.DataFrame(schema=SCHEMA)

    @property
    def height(self) -> int:
        """How many items have a row."""
        return sum(part.height for part in self._parts)

    @property
    def frame(self) -> pl.DataFrame:
        """All rows; what is added later is not in it."""
        if self._frame is None:
            self._frame = pl.concat(self._parts, rechunk=False)
        return self._frame

    def extend(self, rows: pl.DataFrame) -> None:
        """Add the rows of the next items."""
        if rows.is_empty():
            return
        self._parts.append(rows)
        while len(self._parts) > 1 and self._parts[-2].height <= min(
            self._parts[-1].height, MERGED_ROWS
        ):
            last, before = self._parts.pop(), self._parts.pop()
            self._parts.append(pl.concat((before, last), rechunk=True))
        self._frame = None

    def replace(self, rows: Mapping[int, Mapping[str, Value]]) -> None:
        """Put other values, of the same columns, into the rows of items, by their numbers."""
        first = 0
        for place, part in enumerate(self._parts):
            end = first + part.height
            here = {number - first: row for number, row in rows.items() if first <= number < end}
            if here:
                self._parts[place] = _replaced(part, here)
                self._frame = None
            first = end


def _replaced(part: pl.DataFrame, rows: Mapping[int, Mapping[str, Value]]) -> pl.DataFrame:
    numbers = sorted(rows)
    columns = []
    for name in rows[numbers[0]]:
        column = part[name].clone()
        values = pl.Series(name, [rows[number][name] for number in numbers], dtype=column.dtype)
        columns.append(column.scatter(numbers, values))
    return part.with_columns(columns)
