"""The inspector: the items on top, the one under the cursor below."""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from polars.exceptions import PolarsError
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from engine.analysis.filters import parse_filter
from engine.records.decodings.registry import kinds
from engine.records.errors import UserError
from engine.records.scores import Score, ScoredItem
from tui.actions import at, bindings, footer
from tui.drawing.decode_lines import ItemDecodes, Names
from tui.drawing.header import run_line
from tui.screens.base import EngineNeeded, RunScreen
from tui.screens.export import ExportScreen
from tui.screens.lab import LabScreen
from tui.screens.summary import SummaryScreen
from tui.screens.xray import XRayScreen
from tui.state.decodes import LiveDecode
from tui.state.rows import Row, plain_text
from tui.state.session import Session
from tui.state.state import Change
from tui.state.view import View, counts, shown
from tui.widgets.boards import KeyBoard, OutcomeBoard, RunBoard
from tui.widgets.details import DecodeBoard, PairDetails, QuestionBoard
from tui.widgets.failure import FailurePanel
from tui.widgets.filter import FilterBar, FilterInput
from tui.widgets.item_table import ItemTable, Ordering

TARGETS = ("variant", "reference", "both")
FOOTER = footer([*at("inspect"), *at("table"), *at("app")])


class InspectScreen(RunScreen):
    """Lists the items of a run, shows one side by side, and asks for re-decodes of it."""

    AUTO_FOCUS = "#table"
    BINDINGS: ClassVar[list[BindingType]] = bindings("inspect")

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.variant = self.state.variants[0]
        self.outcome = "all"
        self.ordering = Ordering()
        self.target = "variant"
        self._condition: pl.Expr | None = None
        self._filter_error = ""
        self._frame = pl.DataFrame()
        self._ids: list[str] = []

    def compose(self) -> ComposeResult:
        """Header, outcomes, table, details, keys."""
        yield RunBoard(id="run")
        yield OutcomeBoard(id="outcomes")
        yield FilterBar(id="filter-bar")
        yield FailurePanel(id="failure")
        yield ItemTable(id="table")
        yield QuestionBoard(id="question")
        yield PairDetails(id="details")
        yield DecodeBoard(id="decodes")
        yield KeyBoard(FOOTER, id="keys")

    def on_mount(self) -> None:
        """Draw what is known already."""
        self.query_one(FilterBar).display = False
        self.query_one(FailurePanel).display = False
        self.changed(~Change.NONE)

    # -- what is under the cursor -----------------------------------------------------------

    @property
    def table(self) -> ItemTable:
        """The item table."""
        return self.query_one(ItemTable)

    @property
    def current(self) -> ScoredItem | None:
        """The item under the cursor."""
        number = self.table.number
        return None if number is None else self.state.items[self._ids[number]]

    @property
    def target_variants(self) -> tuple[str, ...]:
        """What a re-decode is asked for."""
        reference, variant = self.state.reference, self.variant
        return {"variant": (variant,), "reference": (reference,), "both": (reference, variant)}[
            self.target
        ]

    @property
    def filter_text(self) -> str:
        """What is shown, as a filter that the export understands."""
        parts = [self.query_one(FilterBar).value if self._condition is not None else ""]
        if self.outcome != "all":
            parts.append(f"outcome:{self.outcome}")
        return " ".join(filter(None, parts))

    def row(self, number: int) -> Row:
        """The row of an item, by its number in the order of arrival."""
        scored = self.state.items[self._ids[number]]
        outcome: str | None = self._frame["outcome"][number]
        return Row(
            scored=scored,
            reference=scored.scores.get(self.state.reference, Score()),
            variant=scored.scores.get(self.variant, Score()),
            outcome=outcome,
            back=tuple(self.state.recoveries(scored.item.id, self.variant)),
        )

    # -- drawing ------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        """Draw what changed."""
        if Change.RUN in change:
            if self.variant not in self.state.variants:
                self.variant = self.state.variants[0]
            self._draw_run()
        if Change.ITEMS in change:
            self._draw_items()
        if Change.ANSWERS in change:
            self.table.refresh()
            self._draw_decodes()

    def _draw_run(self) -> None:
        session = self.session
        line = run_line(self.state, self.variant, session.down)
        self.query_one(RunBoard).show(line)
        panel = self.query_one(FailurePanel)
        self.set_class(session.down is not None, "-failed")
        if session.down is None:
            panel.display = False
        elif not panel.display:
            down = session.down
            panel.show(down.message, down.hint, down.stderr, str(down.log or ""))

    def _draw_items(self) -> None:
        self._frame = self.state.frame(self.variant)
        self._ids = list(self.state.items)
        column = next((c for c in self.table.columns if c.key == self.ordering.key), None)
        view = View(
            outcome=None if self.outcome == "all" else self.outcome,
            condition=self._condition,
            sort=column.sort if column else (),
            descending=self.ordering.descending,
        )
        try:
            numbers = shown(self._frame, view)
        except PolarsError as error:
            self._condition, self._filter_error = None, str(error).splitlines()[0]
            numbers = shown(self._frame, View(view.outcome, None, view.sort, view.descending))
        self.table.show(
            numbers,
            self.row,
            titles={
                "reference": self.state.label(self.state.reference),
                "variant": self.state.label(self.variant),
            },
            ordering=self.ordering,
            placeholder=self._placeholder(),
        )
        self._draw_outcomes()

    def _placeholder(self) -> str:
        if self.state.items:
            return "no item is shown; esc clears the filter, 0 shows all outcomes"
        return "items appear here as they are scored"

    def _draw_outcomes(self) -> None:
        found = counts(self._frame) if self._frame.height else {}
        narrowed = self._condition is not None or self.outcome != "all"
        note = f"{self.table.count:,} shown" if narrowed else ""
        self.query_one(FilterBar).note(self._filter_error or note, alarm=bool(self._filter_error))
        totals = {"all": self._frame.height, **found} if found else {}
        self.query_one(OutcomeBoard).show(totals, self.outcome, note)

    def _draw_item(self) -> None:
        number = self.table.number
        row = None if number is None else self.row(number)
        labels = self.state.label
        self.query_one(QuestionBoard).show(row.scored if row else None)
        self.query_one(PairDetails).show(
            row, (labels(self.state.reference), labels(self.variant)), self._redecodes()
        )
        self._draw_decodes()

    def _redecodes(self) -> ItemDecodes | None:
        scored = self.current
        if scored is None:
            return None
        state = self.state
        return ItemDecodes(
            state.results(scored.item.id),
            state.live_decodes(scored.item.id),
            Names(state.label, state.solved),
            " and ".join(map(state.label, self.target_variants)),
        )

    def _draw_decodes(self) -> None:
        redecodes = self._redecodes()
        self.query_one(PairDetails).show_decodes(redecodes)
        self.query_one(DecodeBoard).show(redecodes)

    # -- finding ------------------------------------------------------------------------------

    @on(ItemTable.Highlighted)
    def _highlighted(self) -> None:
        self._draw_item()

    @on(ItemTable.SortAsked)
    def _sort_asked(self, message: ItemTable.SortAsked) -> None:
        same = message.key == self.ordering.key
        if same and self.ordering.descending:
            self.ordering = Ordering()
        else:
            self.ordering = Ordering(message.key, descending=same)
        self._draw_items()

    def action_outcome(self, outcome: str) -> None:
        """Show only items of an outcome ("all": every one)."""
        self.outcome = outcome
        self._draw_items()

    def action_sort(self, by: int) -> None:
        """Sort by the next column to the left or right; past the last, by order of scoring."""
        keys: list[str | None] = [None, *dict.fromkeys(c.key for c in self.table.columns if c.sort)]
        place = keys.index(self.ordering.key) if self.ordering.key in keys else 0
        self.ordering = Ordering(keys[(place + by) % len(keys)], self.ordering.descending)
        self._draw_items()

    def action_invert(self) -> None:
        """Turn the sorting order round."""
        self.ordering = Ordering(self.ordering.key, not self.ordering.descending)
        self._draw_items()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    @on(Input.Changed, "#filter")
    def _filter_typed(self, message: Input.Changed) -> None:
        self._condition, self._filter_error = None, ""
        if message.value.strip():
            try:
                self._condition = parse_filter(message.value)
            except UserError as error:
                self._filter_error = error.message.removeprefix("filter: ")
        self._draw_items()

    @on(Input.Submitted, "#filter")
    @on(FilterInput.Left)
    def _filter_done(self) -> None:
        bar = self.query_one(FilterBar)
        bar.display = bool(bar.value.strip())
        self.table.focus()

    @on(FilterInput.GivenUp)
    def _filter_given_up(self) -> None:
        self.query_one(FilterBar).clear()
        self.table.focus()

    async def action_back(self) -> None:
        """Cancel what runs, else clear the filter, else show all outcomes."""
        if await self.session.cancel():
            return
        if self.query_one(FilterBar).display:
            self._filter_given_up()
        elif self.outcome != "all":
            self.action_outcome("all")

    # -- re-decoding --------------------------------------------------------------------------

    async def action_decode(self, kind: str) -> None:
        """Re-decode the item under the cursor."""
        scored = self.current
        if scored is None:
            return
        asked = (scored.item.id, self.target_variants, kinds()[kind])
        if not self.state.under_way(*asked):
            await self.session.ask(LiveDecode.of(*asked))
            self.post_message(EngineNeeded())
            self._draw_decodes()

    def action_cycle_target(self) -> None:
        """Re-decode the variant, the reference, or both."""
        self.target = TARGETS[(TARGETS.index(self.target) + 1) % len(TARGETS)]
        self._draw_decodes()
        if self.state.results(self.current.item.id) if self.current else False:
            names = " and ".join(map(self.state.label, self.target_variants))
            self.notify(f"re-decodes now run on {names}", markup=False, timeout=2)

    async def action_cancel_decode(self) -> None:
        """Cancel what runs."""
        await self.session.cancel()

    # -- the run ------------------------------------------------------------------------------

    def action_variant(self, by: int) -> None:
        """Show another compressed variant."""
        names = self.state.variants
        if len(names) > 1:
            self.variant = names[(names.index(self.variant) + by) % len(names)]
            self.changed(~Change.NONE)
            self._draw_item()

    def action_scroll_detail(self, by: int) -> None:
        """Scroll the details."""
        self.query_one(PairDetails).scroll_lines(by)

    async def action_pause(self) -> None:
        """Pause or resume scoring."""
        if self.state.live and self.state.seconds is None and self.session.running:
            await self.session.pause(not self.state.paused)

    @on(ItemTable.Opened)
    def action_lab(self) -> None:
        """Open the lab on this item."""
        if self.current is not None:
            self.app.push_screen(LabScreen(self.session, self.current, self.variant, self.target))

    def action_xray(self) -> None:
        """Show this item in full."""
        number = self.table.number
        if number is not None:
            self.app.push_screen(XRayScreen(self.session, self.row(number), self.variant))

    def action_summary(self) -> None:
        """Show the whole run."""
        self.app.push_screen(SummaryScreen(self.session, self.variant))

    def action_export(self) -> None:
        """Write the run, or what the filter shows of it, to a file."""
        run = self.state.run()
        if run is not None and run.scored:
            self.app.push_screen(
                ExportScreen(run, self.variant, self.filter_text or None), self._exported
            )

    def _exported(self, sentence: str | None) -> None:
        if sentence:
            self.notify(sentence, markup=False)

    def action_restart(self) -> None:
        """Start the engine again."""
        if self.session.down is not None:
            self.post_message(EngineNeeded())

    def action_copy(self) -> None:
        """Copy this item with both answers."""
        number = self.table.number
        if number is not None:
            labels = map(self.state.label, (self.state.reference, self.variant))
            self.app.copy_to_clipboard(plain_text(self.row(number), *labels))
            self.notify("copied", timeout=1.5)
