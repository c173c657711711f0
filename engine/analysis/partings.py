"""Where the greedy answers part from the reference's."""

from __future__ import annotations

import msgspec
import polars as pl

APART = 3
"""So many first tokens are counted one by one, the rest together."""


class Partings(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers part from the reference's at which token.

    Attributes:
        n: answers that are known to part, or to be the same.
        at: how many part at token 1, 2, 3.
        later: how many part at a later one.
        never: how many are the same.
    """

    n: int
    at: tuple[int, ...]
    later: int
    never: int


def partings_of(frame: pl.DataFrame) -> Partings | None:
    """Count where the answers of a frame of `engine.analysis.frame` part.

    None where a run doesn't know: it is older, or imported, and has answers that differ.
    """
    pairs = frame.select("parts_at", "dense_answer", "pruned_answer").drop_nulls(
        ["dense_answer", "pruned_answer"]
    )
    parts = pairs["parts_at"]
    same = pairs["dense_answer"] == pairs["pruned_answer"]
    if pairs.is_empty() or (parts.is_null() & ~same).any():
        return None
    known = parts.drop_nulls()
    return Partings(
        n=pairs.height,
        at=tuple(int((known == place).sum()) for place in range(1, APART + 1)),
        later=int((known > APART).sum()),
        never=parts.null_count(),
    )
