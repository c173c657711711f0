"""The order of the items in their table: what keys and headings make of it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.containers import Vertical

from tui.acting import Acting
from tui.actions import FIND, Action
from tui.state.ordering import AS_SCORED, STRIKING_FIRST, Ordering
from tui.widgets.item_table import ItemTable


class Sorting(Acting, Vertical):
    """Holds an item table and the order of its items; a subclass shows them in it.

    Attributes:
        ordering: that is asked for.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "less_than_sign,comma",
            "sort(-1)",
            "sort left",
            "Sort by the column to the left.",
            FIND,
            shown="<",
        ),
        Action(
            "greater_than_sign,full_stop",
            "sort(1)",
            "sort right",
            "Sort by the column to the right.",
            FIND,
            shown=">",
        ),
        Action(
            "w",
            "striking",
            "striking first",
            "Sort so that the items that show the illusion best come first; again: as they came.",
            FIND,
        ),
        Action(
            "plus",
            "sort_further",
            "then by",
            "Sort by a further column where the others are equal; < and > choose it.",
            FIND,
            shown="+",
        ),
        Action("minus", "sort_less", "sort less", "Sort by one column less.", FIND, shown="-"),
        Action(
            "i", "invert", "invert order", "Reverse the sorting order; of several, the last.", FIND
        ),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ordering = AS_SCORED

    @property
    def table(self) -> ItemTable:
        return self.query_one(ItemTable)

    def show_view(self) -> None:
        """Show the items as they are asked for now."""
        raise NotImplementedError

    @on(ItemTable.SortAsked)
    def _sort_asked(self, message: ItemTable.SortAsked) -> None:
        """Sort up by a column, then down, then no more."""
        self.sort(self.ordering.turned(message.columns, further=message.further))

    def sort(self, ordering: Ordering) -> None:
        """Show the items in an order."""
        self.ordering = ordering
        self.show_view()

    @property
    def _offered(self) -> list[tuple[str, ...]]:
        """What the table's columns are sorted by, each once, from left to right."""
        sorts = {column.sort[0]: column.sort for column in self.table.columns if column.sort}
        return list(sorts.values())

    def action_sort(self, by: int) -> None:
        """Sort by the next column to the left or right; past the last, by order of scoring."""
        self.sort(self.ordering.stepped(self._offered, by))

    def action_sort_further(self) -> None:
        self.sort(self.ordering.extended(self._offered))

    def action_sort_less(self) -> None:
        self.sort(self.ordering.shortened())

    def action_invert(self) -> None:
        self.sort(self.ordering.inverted())

    def action_striking(self) -> None:
        """Show what is striking first, or the order of scoring."""
        self.sort(AS_SCORED if self.ordering == STRIKING_FIRST else STRIKING_FIRST)

    @property
    def unseen_order(self) -> str:
        """The order as far as no heading shows it."""
        if self.ordering == STRIKING_FIRST:
            return "striking first"
        seen = {columns[0] for columns in self._offered}
        names = [key.name for key in self.ordering.keys if key.name not in seen]
        return " ".join(f"{name} {self.ordering.mark(name)}" for name in names)
