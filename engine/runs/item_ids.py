"""The ids by which people name an item of a run."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from engine.records.errors import UserError, shortened
from engine.runs.asked import AskedLog
from engine.runs.reading import read_item_ids

NEAREST = 3


def item_ids(run: Path) -> list[str]:
    """The ids of a run's items, then of what was asked beside them.

    Raises:
        UserError: the run can't be read.
    """
    return [*read_item_ids(run), *AskedLog(run).scored]


def require_item(item_id: str, ids: Sequence[str]) -> None:
    """Refuse an id that none of the items has.

    Raises:
        UserError: with the ids that may be meant.
    """
    if item_id not in ids:
        near = get_close_matches(item_id, ids, n=NEAREST, cutoff=0.3) or ids[:NEAREST]
        raise UserError(
            f"the run has no item '{shortened(item_id)}'", f"Did you mean {', '.join(near)}?"
        )
