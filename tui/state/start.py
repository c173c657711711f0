"""Where the inspector begins in a run."""

from __future__ import annotations

from dataclasses import dataclass

from tui.state.ordering import Ordering, parse_ordering
from tui.state.saved_filters import expanded


@dataclass(frozen=True)
class Start:
    """What is shown first.

    Attributes:
        filter_text: only the items that it lets through.
        ordering: of the items; None for the one that they come in.
        item_id: the item under the cursor; None for the first.
    """

    filter_text: str = ""
    ordering: Ordering | None = None
    item_id: str | None = None


def start_of(filter_text: str | None, ordering: str | None, item_id: str | None) -> Start:
    """What the options say; the filter and the order are checked before a screen opens.

    Args:
        filter_text: as it is typed after `/`.
        ordering: names of columns.
        item_id: of an item.

    Raises:
        UserError: the filter or the order is none.
    """
    if filter_text:
        from engine.analysis.filters import parse_filter

        parse_filter(expanded(filter_text))
    return Start(filter_text or "", None if ordering is None else parse_ordering(ordering), item_id)
