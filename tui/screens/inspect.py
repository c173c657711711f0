"""The inspector: the items on top, the one under the cursor below."""

from __future__ import annotations

from itertools import islice

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from engine.analysis.pairing import outcome
from engine.records.annotations import NOTHING
from engine.records.decodings.registry import kinds
from engine.records.scores import Score, ScoredItem
from tui.acting import keys_on
from tui.actions import FIND, MOVE, RE_DECODE, RUN, SHOW, Action
from tui.drawing.decode_lines import ItemDecodes
from tui.drawing.header import run_line, stage_text
from tui.drawing.hypothesis_lines import Names
from tui.screens.base import EngineNeeded
from tui.screens.noting import NotingScreen
from tui.state.asking import LiveAsk
from tui.state.decodes import LiveDecode
from tui.state.rows import Row, plain_text
from tui.state.session import LiveRun, Session
from tui.state.state import Change
from tui.state.view import headline
from tui.widgets.ask import AskBar
from tui.widgets.boards import KeyBoard, RunBoard
from tui.widgets.browser import STRIKING_FIRST, ItemBrowser
from tui.widgets.details import DecodeBoard, PairDetails, QuestionBoard
from tui.widgets.failure import FailurePanel
from tui.widgets.item_table import ItemTable

LOOKED_AT = 1000
"""So many items are looked at for the stem of a question."""

CATCH_UP_SECONDS, CATCH_UP_PAUSE = 0.02, 0.04
"""Between two such spells of tabulating items, keys are answered."""

TARGETS = ("variant", "reference", "both")
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


class InspectScreen(NotingScreen):
    """Lists the items of a run, shows one side by side, and asks for re-decodes of it."""

    AUTO_FOCUS = "#table"
    WIDGETS = (ItemBrowser, ItemTable)
    ACTIONS = (
        Action(
            "b",
            "decode('beam')",
            "beam",
            "Beam search on this item: which hypotheses did greedy decoding pass by?",
            RE_DECODE,
            footer=1,
        ),
        Action(
            "s",
            "decode('sample')",
            "sample",
            "Sample this item's answer; equal samples are counted.",
            RE_DECODE,
            footer=2,
        ),
        Action(
            "o",
            "decode('one-shot')",
            "one-shot",
            "Answer this item greedily after one solved example.",
            RE_DECODE,
            footer=3,
        ),
        Action(
            "t",
            "cycle_target",
            "target",
            "Re-decode the compressed model, the reference, or both.",
            RE_DECODE,
            footer=8,
        ),
        Action("c", "cancel_decode", "cancel", "Cancel the re-decode that is running.", RE_DECODE),
        *VARIANT_ACTIONS,
        Action(
            "escape",
            "back",
            "clear",
            "Clear the filter; with a re-decode running, cancel that first.",
            FIND,
            shown="esc",
        ),
        Action(
            "shift+up,K",
            "scroll_detail(-1)",
            "details up",
            "Scroll the details up.",
            MOVE,
            shown="⇧↑",
        ),
        Action(
            "shift+down,J",
            "scroll_detail(1)",
            "details down",
            "Scroll the details down.",
            MOVE,
            shown="⇧↓",
        ),
        Action(
            "a",
            "ask",
            "ask",
            "Ask a question of your own: question = right answer | other | other.",
            SHOW,
            footer=6,
        ),
        Action("p", "pause", "pause", "Pause or resume scoring.", RUN),
        Action("y", "copy", "copy", "Copy this item with both answers.", RUN),
        Action("r", "restart", "restart", "Start the engine again after it has ended.", RUN),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.variant = self.state.variants[0]
        self._offered = self.state.variants
        self.target = "variant"
        self._drawn: ScoredItem | None = None
        self._catching_up: Timer | None = None

    def compose(self) -> ComposeResult:
        yield RunBoard(id="run")
        yield FailurePanel(id="failure")
        yield AskBar(id="ask")
        yield ItemBrowser(id="items")
        yield QuestionBoard(id="question")
        yield PairDetails(id="details")
        yield DecodeBoard(id="decodes")
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self.query_one(FailurePanel).display = False
        source = self.session.source
        if isinstance(source, LiveRun) and source.striking:
            self.browser.ordering = STRIKING_FIRST
        self.changed(~Change.NONE)

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
        # What was asked is no item of the run: nothing is noted of it.
        return None if number is None or number < 0 else self.state.ids[number]

    @property
    def shown_ids(self) -> list[str]:
        return [self.state.ids[number] for number in self.table.numbers if number >= 0]

    @property
    def target_variants(self) -> tuple[str, ...]:
        """What a re-decode is asked for, and whose verdicts are overruled."""
        reference, variant = self.state.reference, self.variant
        return {"variant": (variant,), "reference": (reference,), "both": (reference, variant)}[
            self.target
        ]

    def row(self, number: int) -> Row:
        """The row of an item, by its number in the order of arrival; below zero it was asked."""
        item_id = self.state.id_of(number)
        scored = self.state.asked_items.scored[item_id] if number < 0 else self.state.items[item_id]
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
                self._draw_item()
            self.look()
        if Change.ITEMS in change:
            self._draw_items()
        self._settle_ask()
        if Change.ANSWERS in change:
            if self.state.tables.wanted:
                self.browser.frame = self.state.tables.of(self.variant).frame
            self.table.refresh()
            self._draw_decodes()

    def noted(self) -> None:
        self.changed(Change.RUN | Change.ITEMS | Change.ANSWERS)
        self._draw_item()

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
        labels = {"reference": state.label(state.reference), "variant": state.label(self.variant)}
        asked = len(state.asked_items)
        self.browser.show(len(state.ids), frame, self.row, labels, asked)
        if state.live and self.current is not self._drawn:
            self._draw_item()

    @on(ItemTable.Highlighted)
    def _draw_item(self) -> None:
        row = self.current_row
        self._drawn = row.scored if row else None
        labels = self.state.label
        scored, noted = (row.scored, row.annotation) if row else (None, NOTHING)
        self.query_one(QuestionBoard).show(scored, noted)
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
            Names(state.label, state.solved, state.demoted),
            " and ".join(map(state.label, self.target_variants)),
            keys_on(self),
        )

    def _draw_decodes(self) -> None:
        redecodes, targets = self._redecodes(), self.target_variants
        details = self.query_one(PairDetails)
        details.show_targets(*(name in targets for name in (self.state.reference, self.variant)))
        details.show_decodes(redecodes)
        self.query_one(DecodeBoard).show(redecodes)

    # -- keys ---------------------------------------------------------------------------------

    async def action_back(self) -> None:
        """Cancel what runs, else clear the filter, else show all outcomes."""
        if not await self.session.cancel():
            self.browser.clear()

    async def action_decode(self, kind: str) -> None:
        scored = self.current
        if scored is None:
            return
        asked = (scored.item.id, self.target_variants, kinds()[kind])
        if not self.state.under_way(*asked):
            await self.session.ask(LiveDecode.of(*asked))
            self.post_message(EngineNeeded())
            self._draw_decodes()

    def action_ask(self) -> None:
        if self.state.live or self.state.manifest is not None:
            examples = islice(self.state.items.values(), LOOKED_AT)
            self.query_one(AskBar).open([scored.item for scored in examples])

    @on(AskBar.Asked)
    async def _question_asked(self, message: AskBar.Asked) -> None:
        asked = LiveAsk.of(message.typed, message.stem)
        self.query_one(AskBar).follow(asked, self._answering)
        self.browser.show_all()
        self.table.focus()
        await self.session.ask(asked)
        self.post_message(EngineNeeded())

    @on(AskBar.GivenUp)
    def _ask_given_up(self) -> None:
        self.table.focus()

    def _settle_ask(self) -> None:
        """Go to what was asked as soon as it is answered, or say how it stands."""
        item_id = self.query_one(AskBar).settle(self._answering)
        if item_id is not None:
            number, numbers = self.state.asked_items.number_of(item_id), self.table.numbers
            if number in numbers:
                self.table.go_to(numbers.index(number))

    @property
    def _answering(self) -> str:
        """What the engine is at before it answers a question."""
        state = self.state
        if state.stage is not None:
            return stage_text(state.stage, state.label)
        return f"{', '.join(map(state.label, (state.reference, *state.variants)))} answer"

    def action_cycle_target(self) -> None:
        """Re-decode the variant, the reference, or both."""
        self.target = TARGETS[(TARGETS.index(self.target) + 1) % len(TARGETS)]
        self._draw_decodes()

    async def action_cancel_decode(self) -> None:
        await self.session.cancel()

    def action_variant(self, by: int) -> None:
        names = self.state.variants
        if len(names) > 1:
            self.variant = names[(names.index(self.variant) + by) % len(names)]
            self.changed(~Change.NONE)
            self._draw_item()

    def action_scroll_detail(self, by: int) -> None:
        self.query_one(PairDetails).scroll_lines(by)

    async def action_pause(self) -> None:
        if self.state.live and self.state.seconds is None and self.session.running:
            await self.session.pause(not self.state.paused)

    @on(ItemTable.Opened)
    async def _opened(self) -> None:
        await self.app.run_action("open('lab')")

    def action_restart(self) -> None:
        if self.session.down is not None:
            self.post_message(EngineNeeded())

    def action_copy(self) -> None:
        row = self.current_row
        if row is not None:
            labels = map(self.state.label, (self.state.reference, self.variant))
            self.app.copy_to_clipboard(plain_text(row, *labels))
            self.notify("copied", timeout=1.5)
