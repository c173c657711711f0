"""Where in the list of items a text is found."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Found:
    """What was found of a text.

    Attributes:
        text: that was looked for.
        numbers: of the items among which it was looked for, in the order that they are shown in.
        places: in `numbers` where it is, ascending.
        exact: the place of the item whose id the text is; None where it is none's.
    """

    text: str
    numbers: Sequence[int]
    places: Sequence[int]
    exact: int | None = None

    def nearest(self, place: int) -> int | None:
        """The item of that id, or else the first one found from a place on, around the end."""
        if self.exact is not None:
            return self.exact
        if not self.places:
            return None
        return self.places[bisect_left(self.places, place) % len(self.places)]

    def step(self, place: int, by: int) -> int | None:
        """The next place after one (1), or the last before it (-1), around the ends."""
        if not self.places:
            return None
        if by > 0:
            return self.places[bisect_right(self.places, place) % len(self.places)]
        return self.places[bisect_left(self.places, place) - 1]

    def count_text(self, place: int) -> str:
        """Which of those found is at a place: "3 of 17"."""
        if not self.places:
            return "not found"
        number = bisect_left(self.places, place)
        if number < len(self.places) and self.places[number] == place:
            return f"{number + 1:,} of {len(self.places):,}"
        return f"{len(self.places):,} found"


def find(frame: pl.DataFrame, asked: pl.DataFrame, numbers: Sequence[int], text: str) -> Found:
    """Look for a text in ids, questions, gold answers and answers, whatever its case.

    Args:
        frame: a row for each item, by its number.
        asked: a row for each question that was asked beside them: the first one's number is -1.
        numbers: of the items among which it is looked for.
        text: as words of a filter are looked for.
    """
    import polars as pl

    from engine.analysis.filters import containing

    rows = [
        frame.lazy().with_columns(row_number=pl.int_range(pl.len())),
        asked.lazy().with_columns(row_number=-1 - pl.int_range(pl.len())),
    ]
    wanted = [some.filter(containing(text)).select("row_number", "item_id") for some in rows]
    matching = pl.concat(wanted).collect()
    held = set(matching["row_number"])
    named = matching.filter(pl.col("item_id") == text)["row_number"].to_list()
    places = [place for place, number in enumerate(numbers) if number in held]
    exact = next((place for place in places if numbers[place] in named), None)
    return Found(text, numbers, places, exact)
