"""The items of a run, narrowed by outcome and filter, in an order of one's choice."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input

from engine.records.errors import UserError
from tui.acting import keys_on
from tui.actions import FIND, OUTCOMES, Action
from tui.state.rows import Row
from tui.state.saved_filters import expanded
from tui.state.view import View, counts, shown
from tui.widgets.boards import OutcomeBoard
from tui.widgets.filter import FilterBar, FilterInput, OfferBoard
from tui.widgets.item_table import ItemTable
from tui.widgets.sorting import Sorting

if TYPE_CHECKING:
    import polars as pl

AT_ONCE = 20_000
"""Rows that are filtered and sorted in so little time that nobody waits; more are in a thread."""

RESTS = 4
"""While items come, the view of a large run is computed anew after so many times what it took."""


BEFORE_ROWS = (
    "Every row will be a question, answered by the dense model and by the compressed one. "
    "Where only the compressed one is wrong (◆), {beam}, {sample} and {one-shot} decode it again "
    "and may bring the answer back."
)
NO_ROWS = "no item is shown; {clear} clears the filter, {show-all} shows all outcomes"


class ItemBrowser(Sorting):
    """Counts per outcome, the filter's line, and the table of the items that both let through.

    Attributes:
        frame: one row per item, of the first items at least; None where it is not made yet.
    """

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
            "Filter by words or by conditions such as rank>3 lang:es; ^s saves it under a name.",
            FIND,
            footer=5,
            shown="/",
        ),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outcome = "all"
        self._condition: pl.Expr | None = None
        self._meaning = ""
        self._filter_error = ""
        self._before: int | None = None
        self._count = self._asked_count = 0
        self.frame: pl.DataFrame | None = None
        self._stale = asyncio.Event()
        self._asked = asyncio.Event()
        self._make_row: Callable[[int], Row] | None = None
        self._titles: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield OutcomeBoard(id="outcomes")
        yield FilterBar(id="filter-bar")
        yield OfferBoard(id="offered")
        yield ItemTable(id="table")

    def on_mount(self) -> None:
        self.query_one(FilterBar).display = self.query_one(OfferBoard).display = False
        self.query_one(FilterInput).frame = lambda: self.frame
        self._follow_large()

    @property
    def filter_text(self) -> str:
        """What narrows the items, as a filter that the export understands; empty for all."""
        parts = [self._meaning if self._condition is not None else ""]
        if self.outcome != "all":
            parts.append(f"outcome:{self.outcome}")
        return " ".join(filter(None, parts))

    def show(
        self,
        count: int,
        frame: pl.DataFrame | None,
        make_row: Callable[[int], Row],
        titles: dict[str, str],
        asked: int = 0,
    ) -> None:
        """Show the items of a run.

        Args:
            count: of the items.
            frame: one row per item, of the first items at least; None where it is not made yet.
            make_row: gives what the table draws of an item, by its number.
            titles: what stands for "{reference}" and "{variant}" in the headers.
            asked: how many the user asked beside them, whose numbers are below zero. The latest
                stands on top, in any order; they count for nothing, and no filter shows them.
        """
        self._asked_count = asked
        self._count, self.frame, self._make_row, self._titles = count, frame, make_row, titles
        self._draw(asked=False)

    def clear(self) -> None:
        """Clear the filter; where there is none, show all outcomes."""
        if self.query_one(FilterBar).display:
            self._clear_filter()
        elif self.outcome != "all":
            self.action_outcome("all")

    def show_all(self) -> None:
        """Clear whatever narrows the items."""
        self._come_back()
        self._condition, self._filter_error = None, ""
        self.query_one(FilterBar).clear()
        self.action_outcome("all")

    # -- narrowing ----------------------------------------------------------------------------

    def filter_by(self, text: str) -> None:
        """Show the items of all outcomes that a filter lets through; empty for all items."""
        bar = self.query_one(FilterBar)
        bar.display = bool(text)
        bar.input.value = text
        self.action_outcome("all")
        self.table.focus()
        self.table.go_to(0)

    def action_outcome(self, outcome: str) -> None:
        """Show only items of an outcome; "all" shows every one."""
        self.outcome = outcome
        self._draw()

    @on(OutcomeBoard.Chosen)
    def _outcome_chosen(self, message: OutcomeBoard.Chosen) -> None:
        self.action_outcome(message.outcome)

    def action_filter(self) -> None:
        bar = self.query_one(FilterBar)
        if not bar.value.strip():
            self._before = self.table.number
        bar.open()

    @on(Input.Changed, "#filter")
    def _filter_typed(self, message: Input.Changed) -> None:
        self._condition, self._filter_error = None, ""
        if message.value.strip():
            from engine.analysis.filters import parse_filter

            try:
                self._meaning = expanded(message.value)
                self._condition = parse_filter(self._meaning)
            except UserError as error:
                self._filter_error = error.message.removeprefix("filter: ")
        self._draw()

    @on(Input.Submitted, "#filter")
    @on(FilterInput.Left)
    def _filter_done(self) -> None:
        bar = self.query_one(FilterBar)
        if self._condition is not None:
            bar.input.keep()
        bar.display = bool(bar.value.strip())
        self.table.focus()

    @on(FilterInput.Offered)
    def _completions_offered(self, message: FilterInput.Offered) -> None:
        self.query_one(OfferBoard).show(message.found, message.chosen)

    @on(FilterInput.GivenUp)
    def _clear_filter(self) -> None:
        self._come_back()
        self.query_one(FilterBar).clear()
        self.table.focus()

    def _come_back(self) -> None:
        """Where nothing is shown, the cursor goes to the item that it was on before the filter."""
        before, self._before = self._before, None
        if self.table.number is None and before is not None:
            self.table.await_number(before)

    # -- drawing ------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What is asked to be shown."""
        outcome = None if self.outcome == "all" else self.outcome
        return View(outcome, self._condition, self.ordering)

    def show_view(self) -> None:
        self._draw()

    def _draw(self, *, asked: bool = True) -> None:
        """Show the items of the view; a large run's follow when they are found.

        Args:
            asked: a person asked for another view; else the items changed.
        """
        if self._make_row is None:
            return
        if asked:
            self._asked.set()
        view, frame = self.view, self.frame
        if view.whole or (frame is None and not view.narrow):
            self._put(range(self._count))
        elif frame is None:
            self._put(())
        elif frame.height <= AT_ONCE:
            self._put_found(*_found(frame, view))
        else:
            self._stale.set()

    @work(group="find")
    async def _follow_large(self) -> None:
        """Find the items of a large run in a thread: for a new view at once, for new items often.

        What was found is shown unless another view is asked for meanwhile.
        """
        rest = 0.0
        while await self._stale.wait():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._asked.wait()
            self._stale.clear()
            self._asked.clear()
            view, frame = self.view, self.frame
            if frame is None or view.whole:
                continue
            began = time.monotonic()
            found = await asyncio.to_thread(_found, frame, view)
            rest = RESTS * (time.monotonic() - began)
            if not self._asked.is_set():
                self._put_found(*found)

    @property
    def _complete(self) -> bool:
        """Whether all items are in the table, by which they are narrowed."""
        return self.frame is not None and self.frame.height >= self._count

    def _put_found(self, numbers: Sequence[int], error: str) -> None:
        if error:
            self._condition, self._filter_error = None, error
        self._put(numbers)

    def _put(self, numbers: Sequence[int]) -> None:
        """Show items by their numbers, and how many there are of each outcome."""
        assert self._make_row is not None
        frame = self.frame
        narrowed = self._condition is not None or self.outcome != "all"
        if self._asked_count and not narrowed:
            first = -self._asked_count
            if isinstance(numbers, range):
                numbers = range(first, numbers.stop)
            else:
                numbers = [*range(first, 0), *numbers]
        self.table.show(
            numbers,
            self._make_row,
            titles=self._titles,
            ordering=self.ordering,
            placeholder=(
                BEFORE_ROWS
                if not self._count
                else "the items are still being read"
                if not self._complete
                else NO_ROWS
            ).format_map(keys_on(self.screen)),
        )
        note = f"{self.table.count:,} shown" if narrowed else ""
        missing = self.table.awaited
        if (
            narrowed
            and self._complete
            and frame is not None
            and missing is not None
            and missing >= 0
        ):
            note += f", without {frame.item(missing, 'item_id')}"
        note = ", ".join(filter(None, (note, self.unseen_order)))
        self.query_one(FilterBar).note(self._filter_error or note, alarm=bool(self._filter_error))
        found = {} if frame is None or frame.is_empty() else counts(frame)
        totals = {"all": self._count, **found} if found else {}
        self.query_one(OutcomeBoard).show(totals, self.outcome, note)


def _found(frame: pl.DataFrame, view: View) -> tuple[list[int], str]:
    """Rows that the view shows, and an error; a filter that doesn't fit the frame is left out."""
    from polars.exceptions import PolarsError

    try:
        return shown(frame, view), ""
    except PolarsError as error:
        return shown(frame, replace(view, condition=None)), str(error).splitlines()[0]
