"""The items of a run, narrowed by outcome and filter, in an order of one's choice."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from polars.exceptions import PolarsError
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from engine.analysis.filters import parse_filter
from engine.records.errors import UserError
from tui.acting import Acting
from tui.actions import FIND, OUTCOMES, Action
from tui.state.rows import Row
from tui.state.view import View, counts, shown
from tui.widgets.boards import OutcomeBoard
from tui.widgets.filter import FilterBar, FilterInput
from tui.widgets.item_table import ItemTable, Ordering


class ItemBrowser(Acting, Vertical):
    """Counts per outcome, the filter's line, and the table of the items that both let through."""

    ACTIONS = (
        *(
            Action(
                str(number),
                f"outcome('{outcome}')",
                f"show {outcome}",
                "Show all items."
                if outcome == "all"
                else f"Show only the items that are {outcome}.",
                FIND,
            )
            for number, outcome in enumerate(OUTCOMES)
        ),
        Action(
            "slash",
            "filter",
            "filter",
            "Filter by words or by conditions such as rank>3 lang:es.",
            FIND,
            footer=5,
            shown="/",
        ),
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
        Action("i", "invert", "invert order", "Reverse the sorting order.", FIND),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outcome = "all"
        self.ordering = Ordering()
        self._condition: pl.Expr | None = None
        self._filter_error = ""
        self._frame = pl.DataFrame()
        self._make_row: Callable[[int], Row] | None = None
        self._titles: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield OutcomeBoard(id="outcomes")
        yield FilterBar(id="filter-bar")
        yield ItemTable(id="table")

    def on_mount(self) -> None:
        self.query_one(FilterBar).display = False

    @property
    def table(self) -> ItemTable:
        return self.query_one(ItemTable)

    @property
    def filter_text(self) -> str:
        """What narrows the items, as a filter that the export understands; empty for all."""
        parts = [self.query_one(FilterBar).value if self._condition is not None else ""]
        if self.outcome != "all":
            parts.append(f"outcome:{self.outcome}")
        return " ".join(filter(None, parts))

    def show(
        self, frame: pl.DataFrame, make_row: Callable[[int], Row], titles: dict[str, str]
    ) -> None:
        """Show the items of a frame.

        Args:
            frame: one row per item.
            make_row: gives what the table draws of a row of the frame.
            titles: what stands for "{reference}" and "{variant}" in the headers.
        """
        self._frame, self._make_row, self._titles = frame, make_row, titles
        self._draw()

    def clear(self) -> None:
        """Clear the filter; where there is none, show all outcomes."""
        if self.query_one(FilterBar).display:
            self._clear_filter()
        elif self.outcome != "all":
            self.action_outcome("all")

    # -- narrowing ----------------------------------------------------------------------------

    def action_outcome(self, outcome: str) -> None:
        """Show only items of an outcome; "all" shows every one."""
        self.outcome = outcome
        self._draw()

    @on(OutcomeBoard.Chosen)
    def _outcome_chosen(self, message: OutcomeBoard.Chosen) -> None:
        self.action_outcome(message.outcome)

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    @on(Input.Changed, "#filter")
    def _filter_typed(self, message: Input.Changed) -> None:
        self._condition, self._filter_error = None, ""
        if message.value.strip():
            try:
                self._condition = parse_filter(message.value)
            except UserError as error:
                self._filter_error = error.message.removeprefix("filter: ")
        self._draw()

    @on(Input.Submitted, "#filter")
    @on(FilterInput.Left)
    def _filter_done(self) -> None:
        bar = self.query_one(FilterBar)
        bar.display = bool(bar.value.strip())
        self.table.focus()

    @on(FilterInput.GivenUp)
    def _clear_filter(self) -> None:
        self.query_one(FilterBar).clear()
        self.table.focus()

    # -- sorting ------------------------------------------------------------------------------

    @on(ItemTable.SortAsked)
    def _sort_asked(self, message: ItemTable.SortAsked) -> None:
        """Sort up by a column, then down, then no more."""
        same = message.key == self.ordering.key
        if same and self.ordering.descending:
            self.ordering = Ordering()
        else:
            self.ordering = Ordering(message.key, descending=same)
        self._draw()

    def action_sort(self, by: int) -> None:
        """Sort by the next column to the left or right; past the last, by order of scoring."""
        keys: list[str | None] = [None, *dict.fromkeys(c.key for c in self.table.columns if c.sort)]
        index = keys.index(self.ordering.key) if self.ordering.key in keys else 0
        self.ordering = Ordering(keys[(index + by) % len(keys)], self.ordering.descending)
        self._draw()

    def action_invert(self) -> None:
        self.ordering = Ordering(self.ordering.key, not self.ordering.descending)
        self._draw()

    # -- drawing ------------------------------------------------------------------------------

    def _draw(self) -> None:
        if self._make_row is None:
            return
        self.table.show(
            self._numbers(),
            self._make_row,
            titles=self._titles,
            ordering=self.ordering,
            placeholder=(
                "no item is shown; esc clears the filter, 0 shows all outcomes"
                if self._frame.height
                else "items appear here as they are scored"
            ),
        )
        found = counts(self._frame) if self._frame.height else {}
        narrowed = self._condition is not None or self.outcome != "all"
        note = f"{self.table.count:,} shown" if narrowed else ""
        self.query_one(FilterBar).note(self._filter_error or note, alarm=bool(self._filter_error))
        totals = {"all": self._frame.height, **found} if found else {}
        self.query_one(OutcomeBoard).show(totals, self.outcome, note)

    def _numbers(self) -> list[int]:
        """Rows of the frame that are shown; a filter that doesn't fit the frame is left out."""
        column = next((c for c in self.table.columns if c.key == self.ordering.key), None)
        sort = column.sort if column else ()
        outcome = None if self.outcome == "all" else self.outcome
        try:
            return shown(
                self._frame, View(outcome, self._condition, sort, self.ordering.descending)
            )
        except PolarsError as error:
            self._condition, self._filter_error = None, str(error).splitlines()[0]
            return shown(self._frame, View(outcome, None, sort, self.ordering.descending))
