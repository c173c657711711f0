"""The lab: one item, re-decoded in every way, under the variants next to each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import ItemId, Parameter, VariantName
from engine.records.scores import Score, ScoredItem
from engine.text import displayable, truncated
from tui.acting import Opening
from tui.actions import LAB, RE_DECODE, Action
from tui.drawing.hypothesis_lines import Names
from tui.drawing.lab_lines import columns_in, heading_pieces
from tui.screens.base import EngineNeeded, RunScreen
from tui.screens.inspect import InspectScreen
from tui.screens.items import VARIANT_ACTIONS
from tui.screens.page import BACK, TitleBoard
from tui.state.decodes import LiveDecode
from tui.state.experiments import Cell, cell_of, kinds_in_order, others_of
from tui.state.state import Change
from tui.widgets.boards import KeyBoard
from tui.widgets.decoding_form import Choices, DecodingForm
from tui.widgets.details import QuestionBoard
from tui.widgets.lab_row import LabRow
from tui.widgets.lab_table import HeadBoard, LabTable

LOOKED_AT, OFFERED = 1000, 200
"""So many items are looked at for examples, and so many are offered."""


class LabScreen(RunScreen):
    """Rows of decodings, columns of variants; what comes, comes into its cell."""

    AUTO_FOCUS = "#lab"
    WIDGETS = (LabTable,)
    OPENS = Opening(
        InspectScreen,
        "lab",
        "enter",
        "lab",
        "Open the lab: every re-decode of this item next to each other, with other parameters.",
        RE_DECODE,
        footer=4,
        shown="⏎",
    )
    ACTIONS = (
        BACK,
        Action("enter,r", "run", "run", "Run this decoding.", LAB, shown="⏎", footer=1),
        Action(
            "a", "run_all", "run all", "Run what is missing, on all variants shown.", LAB, footer=2
        ),
        Action("e", "edit", "edit", "Change the decoding's parameters.", LAB, footer=3),
        Action(
            "t",
            "target",
            "target",
            "Run on the compressed model, the reference, or both.",
            LAB,
            footer=4,
        ),
        Action("n", "item(1)", "next item", "Go to the next item.", LAB, footer=5),
        Action(
            "p",
            "item(-1)",
            "previous",
            "Go to the previous item.",
            LAB,
            footer=6,
            slug="previous-item",
        ),
        Action("c", "cancel", "cancel", "Cancel all re-decodes.", LAB, footer=7),
        *VARIANT_ACTIONS,
    )

    def __init__(self, host: InspectScreen, scored: ScoredItem) -> None:
        super().__init__(host.session)
        self._host = host
        self._scored = scored

    @classmethod
    def opened_from(cls, host: InspectScreen) -> LabScreen | None:
        scored = host.current
        return None if scored is None else cls(host, scored)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield QuestionBoard(id="question")
        with Horizontal(id="lab-heads"):
            yield Static(Content("  decoding"), classes="left")
            yield HeadBoard()
        yield LabTable(kinds_in_order(), id="lab")
        yield Static("", id="lab-error")
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self._refused(None)
        self._show_item()

    @property
    def table(self) -> LabTable:
        return self.query_one(LabTable)

    @property
    def item_id(self) -> str:
        """The item that is decoded."""
        return self._scored.item.id

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that have a column: the reference, the chosen one, and who else fits."""
        state, chosen = self.state, self._host.variant
        count = columns_in(self.query_one(HeadBoard).size.width, 1 + len(state.variants))
        others = [name for name in state.variants if name != chosen][: count - 2]
        return (state.reference, *(n for n in state.variants if n == chosen or n in others))

    # -- running --------------------------------------------------------------------------------

    async def action_run(self) -> None:
        """Run the row with the cursor on the target."""
        row = self.table.current
        if row.take_in():
            self._refused(None)
            await self._ask(row.decoding, self._host.target_variants)

    async def action_run_all(self) -> None:
        """Run every row under every variant, but for what is there or on its way."""
        asked = False
        for row in self.table.rows:
            missing = tuple(
                name for name in self.variants if not self._cell(row.decoding, name).known
            )
            if missing and row.take_in():
                await self._ask(row.decoding, missing)
                asked = True
        if not asked:
            self.notify("every decoding is here already; ⏎ runs one again", markup=False)

    async def _ask(self, decoding: Decoding, variants: tuple[str, ...]) -> None:
        asked = (self.item_id, variants, decoding)
        if not self.state.questions.under_way(*asked):
            await self.session.ask(LiveDecode.of(*asked))
            self.post_message(EngineNeeded())
            self.changed(Change.ANSWERS)

    async def action_cancel(self) -> None:
        await self.session.cancel()

    # -- moving ---------------------------------------------------------------------------------

    def action_item(self, by: int) -> None:
        """Go to another item, in the order of the inspector's table."""
        self._host.table.action_move(by)
        scored = self._host.current
        if scored is not None and scored.item.id != self.item_id:
            self._scored = scored
            self._show_item()

    def action_variant(self, by: int) -> None:
        self._host.action_variant(by)
        self.changed(~Change.NONE)

    def action_target(self) -> None:
        """Run on the next target."""
        self._host.action_cycle_target()
        self.changed(Change.RUN)

    def action_edit(self) -> None:
        if not self.table.edit():
            self.notify("this decoding has no parameters to change", markup=False)

    def action_close(self) -> None:
        self.dismiss()

    @on(LabRow.Asked)
    async def _asked(self) -> None:
        await self.action_run()

    @on(LabRow.Edited)
    def _edited(self) -> None:
        self._refused(None)
        self.changed(Change.ANSWERS)

    @on(LabRow.Refused)
    def _on_refused(self, message: LabRow.Refused) -> None:
        self._refused(displayable(message.error.message))

    def _refused(self, message: str | None) -> None:
        error = self.query_one("#lab-error", Static)
        error.display = message is not None
        error.update(Content(message or ""))

    # -- drawing --------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self.call_after_refresh(self.changed, ~Change.NONE)

    def changed(self, change: Change) -> None:
        """Draw what runs and what came."""
        if Change.RUN in change:
            self._draw_heads()
        if Change.ANSWERS in change:
            state, item_id = self.state, self.item_id
            table = self.table
            table.show(
                others_of(state, item_id, table.own_decodings),
                lambda decoding: [self._cell(decoding, name) for name in self.variants],
                Names(state.label, state.solved, state.demoted),
            )

    def _cell(self, decoding: Decoding, variant: str) -> Cell:
        return cell_of(self.state, self.item_id, variant, decoding)

    def _show_item(self) -> None:
        choices = self._choices()
        for form in self.query(DecodingForm):
            form.offer(choices)
        self.query_one(QuestionBoard).show(self._scored, self.state.notes.of(self.item_id))
        self.changed(~Change.NONE)

    def _draw_heads(self) -> None:
        state, host = self.state, self._host
        place = f"item {host.table.index + 1:,} of {host.table.count:,}"
        runs_on = " and ".join(map(state.label, host.target_variants))
        self.query_one(TitleBoard).show("Lab", f"{self.item_id}   {place}   ▸ runs on {runs_on}")
        heads = []
        for name in self.variants:
            score = self._scored.scores.get(name, Score())
            word = "rank" if self.has_class("-narrow") else "gold rank"
            rank = f"{word} {score.gold.rank:,}" if score.gold else ""
            target = name in host.target_variants
            heads.append(heading_pieces(state.label(name), target, score.open, rank))
        self.query_one(HeadBoard).show(heads)

    def _choices(self) -> Mapping[type[Parameter], Choices]:
        """What parameters of these types can be, for the item that is decoded."""
        item, state = self._scored.item, self.state
        scored = islice(state.items.values(), LOOKED_AT)
        others = [other.item for other in scored if other.item.id != item.id]
        others.sort(key=lambda o: (o.language != item.language, o.kind != item.kind))
        return {
            ItemId: [
                (Content(truncated(displayable(state.solved(other.id)), 60)), other.id)
                for other in others[:OFFERED]
            ],
            VariantName: [
                (Content(displayable(state.label(name))), name)
                for name in (state.reference, *state.variants)
            ],
        }
