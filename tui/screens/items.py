"""The items of a run on a screen, seen under one of its variants."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.screen import Screen
from textual.timer import Timer

from engine.analysis.pairing import outcome
from engine.records.scores import Score, ScoredItem
from tui.actions import SHOW, Action
from tui.drawing.behind import Behind
from tui.drawing.columns import SHOWN
from tui.drawing.header import run_line
from tui.screens.noting import NotingScreen
from tui.state.preferences import read_preferences
from tui.state.rows import Row
from tui.state.session import Session
from tui.state.state import Change
from tui.state.view import headline
from tui.widgets.boards import RunBoard
from tui.widgets.browser import ItemBrowser
from tui.widgets.failure import FailurePanel
from tui.widgets.item_table import ItemTable

CATCH_UP_SECONDS, CATCH_UP_PAUSE = 0.02, 0.04
"""Between two such spells of tabulating items, keys are answered."""

VARIANT_ACTIONS = (
    Action(
        "left_square_bracket,h",
        "variant(-1)",
        "previous variant",
        "Show the previous compressed variant.",
        SHOW,
        shown="[",
    ),
    Action(
        "right_square_bracket,l",
        "variant(1)",
        "next variant",
        "Show the next compressed variant.",
        SHOW,
        shown="]",
    ),
)


class ItemsScreen(NotingScreen):
    """A screen that lists the items of a run under one of its variants.

    A subclass composes it, with a `RunBoard`, a `FailurePanel` and an `ItemBrowser`, and shows the
    item under the cursor.
    """

    AUTO_FOCUS = "#table"
    WIDGETS = (ItemBrowser, ItemTable)
    ACTIONS: ClassVar[tuple[Action, ...]] = VARIANT_ACTIONS

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.variant = self.state.variants[0]
        self._offered = self.state.variants
        self._drawn: ScoredItem | None = None
        self._catching_up: Timer | None = None
        self._came_from: tuple[str, Callable[[], Screen[None]]] | None = None

    def on_mount(self) -> None:
        self.table.show_columns(choice=read_preferences().columns)

    # -- what a subclass shows ----------------------------------------------------------------

    def show_item(self, row: Row | None) -> None:
        """Show the item under the cursor; None where there is none."""
        raise NotImplementedError

    # -- what is under the cursor -----------------------------------------------------------

    @property
    def browser(self) -> ItemBrowser:
        return self.query_one(ItemBrowser)

    @property
    def table(self) -> ItemTable:
        return self.browser.table

    @property
    def current(self) -> ScoredItem | None:
        """The item under the cursor."""
        number = self.table.number
        return None if number is None else self.state.item(self.state.id_of(number))

    @property
    def current_row(self) -> Row | None:
        """The item under the cursor with the two scores that are compared."""
        number = self.table.number
        return None if number is None else self.row(number)

    @property
    def selected_id(self) -> str | None:
        number = self.table.number
        return None if number is None else self.state.id_of(number)

    @property
    def shown_ids(self) -> list[str]:
        # What was asked is no item of the run: it is noted one by one.
        return [self.state.ids[number] for number in self.table.numbers if number >= 0]

    def row(self, number: int) -> Row:
        """The row of an item, by its number in the order of arrival; below zero it was asked."""
        item_id = self.state.id_of(number)
        scored = self.state.item(item_id)
        assert scored is not None
        reference = scored.scores.get(self.state.reference, Score())
        variant = scored.scores.get(self.variant, Score())
        return Row(
            scored=scored,
            reference=reference,
            variant=variant,
            outcome=outcome(reference, variant),
            back=tuple(self.state.recoveries(item_id, self.variant)),
            values=self.state.values(item_id, self.variant),
            annotation=self.state.notes.of(item_id),
            asked=number < 0,
        )

    # -- drawing ------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        if Change.RUN in change:
            # Of a saved run the variants are known only when it has been read.
            names = self.state.variants
            other = self._offered != names or self.variant not in names
            if other:
                self._offered = self.state.variants
                self.variant = self.state.variants[0]
            self._draw_run()
            if other:
                self._draw_items()
                self.draw_item()
            self.look()
        if Change.ITEMS in change:
            self._draw_items()
        if Change.ANSWERS in change:
            if self.state.tables.wanted:
                self.browser.frame = self.state.tables.of(self.variant).frame
            self.table.refresh()

    def noted(self) -> None:
        self.changed(Change.RUN | Change.ITEMS | Change.ANSWERS)
        self.draw_item()

    def _draw_run(self) -> None:
        session = self.session
        known = None
        if self.state.tables.wanted:
            known = headline(self.state.tables.of(self.variant).frame)
        line = run_line(self.state, self.variant, session.down, known)
        self.query_one(RunBoard).show(line)
        panel = self.query_one(FailurePanel)
        self.set_class(session.down is not None, "-failed")
        if session.down is None:
            panel.display = False
        elif not panel.display:
            down = session.down
            panel.show(down.message, down.hint, down.stderr, str(down.log or ""))

    def _draw_items(self) -> None:
        """Show the items; their table is made behind them, a little at every call."""
        state = self.state
        if self._catching_up is not None:
            self._catching_up.stop()
            self._catching_up = None
        frame = None
        if state.tables.wanted:
            if state.tables.catch_up(self.variant, CATCH_UP_SECONDS):
                self._draw_run()
            else:
                self._catching_up = self.set_timer(CATCH_UP_PAUSE, self._draw_items)
            frame = state.tables.of(self.variant).frame
        shown = state.settings.shown_candidates
        self.table.show_columns(lacking=frozenset() if shown else frozenset({SHOWN.key}))
        labels = {"reference": state.label(state.reference), "variant": state.label(self.variant)}
        asked = len(state.asked_items)
        self.browser.show(len(state.ids), frame, self.row, labels, asked)
        if state.live and self.current is not self._drawn:
            self.draw_item()

    @on(ItemTable.Highlighted)
    def draw_item(self) -> None:
        """Show the item under the cursor as it is known now."""
        row = self.current_row
        self._drawn = row.scored if row else None
        self.show_item(row)

    # -- the items behind a figure --------------------------------------------------------------

    def show_behind(self, behind: Behind, came_from: Callable[[], Screen[None]]) -> None:
        """Show the items behind a figure; `came_from` makes the screen that one goes back to."""
        if behind.variant in self.state.variants:
            self._show_variant(behind.variant)
        self.browser.filter_by(behind.filter)
        self._came_from = (behind.filter, came_from)

    def go_back(self) -> None:
        """Clear what narrows the items; where that was a figure's filter, go back to the figure."""
        came_from, self._came_from = self._came_from, None
        same = came_from is not None and came_from[0] == self.browser.filter_text
        self.browser.clear()
        if came_from is not None and same:
            self.app.push_screen(came_from[1]())

    # -- keys ---------------------------------------------------------------------------------

    def action_variant(self, by: int) -> None:
        names = self.state.variants
        if len(names) > 1:
            self._show_variant(names[(names.index(self.variant) + by) % len(names)])

    def _show_variant(self, name: str) -> None:
        if name != self.variant:
            self.variant = name
            self.changed(~Change.NONE)
            self.draw_item()
