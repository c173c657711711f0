"""The inspector: the items on top, the one under the cursor below."""

from __future__ import annotations

from itertools import islice

from textual import on
from textual.app import ComposeResult

from engine.records.annotations import NOTHING
from engine.records.decodings.registry import kinds
from engine.text import displayable
from tui.acting import keys_on
from tui.actions import FIND, MOVE, RE_DECODE, RUN, SHOW, Action
from tui.drawing.decode_lines import ItemDecodes
from tui.drawing.header import stage_text
from tui.drawing.hypothesis_lines import Names
from tui.screens.base import EngineNeeded
from tui.screens.finding import FindingScreen
from tui.state.asking import LiveAsk
from tui.state.decodes import LiveDecode
from tui.state.ordering import STRIKING_FIRST
from tui.state.rows import Row, plain_text
from tui.state.session import LiveRun, Session
from tui.state.start import Start
from tui.state.state import Change
from tui.widgets.ask import AskBar
from tui.widgets.boards import KeyBoard, RunBoard
from tui.widgets.browser import ItemBrowser
from tui.widgets.details import DecodeBoard, PairDetails, QuestionBoard
from tui.widgets.failure import FailurePanel
from tui.widgets.find import FindBar
from tui.widgets.item_table import ItemTable

LOOKED_AT = 1000
"""So many items are looked at for the stem of a question."""

FROM_THE_TOP = Start()

TARGETS = ("variant", "reference", "both")


class InspectScreen(FindingScreen):
    """Shows the item under the cursor side by side, and asks for re-decodes of it."""

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
        Action(
            "escape",
            "back",
            "clear",
            "Clear the filter, and go back where that was a figure's; with a re-decode running, "
            "cancel that first.",
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

    def __init__(self, session: Session, start: Start = FROM_THE_TOP) -> None:
        super().__init__(session)
        self.target = "variant"
        self._start = start
        self._start_at = start.item_id

    def compose(self) -> ComposeResult:
        yield RunBoard(id="run")
        yield FailurePanel(id="failure")
        yield AskBar(id="ask")
        yield FindBar(id="find")
        yield ItemBrowser(id="items")
        yield QuestionBoard(id="question")
        yield PairDetails(id="details")
        yield DecodeBoard(id="decodes")
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self.query_one(FailurePanel).display = False
        source = self.session.source
        if self._start.ordering is not None:
            self.browser.ordering = self._start.ordering
        elif isinstance(source, LiveRun) and source.striking:
            self.browser.ordering = STRIKING_FIRST
        if self._start.filter_text:
            self.browser.filter_by(self._start.filter_text)
        self.changed(~Change.NONE)

    @property
    def target_variants(self) -> tuple[str, ...]:
        """What a re-decode is asked for, and whose verdicts are overruled."""
        reference, variant = self.state.reference, self.variant
        return {"variant": (variant,), "reference": (reference,), "both": (reference, variant)}[
            self.target
        ]

    # -- drawing ------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        super().changed(change)
        self._go_to_start()
        self._settle_ask()
        if Change.ANSWERS in change:
            self._draw_decodes()

    def _go_to_start(self) -> None:
        """Go to the item to begin at as soon as it is there."""
        state, item_id = self.state, self._start_at
        if item_id is None:
            return
        number = None
        if item_id in state.asked_items:
            number = state.asked_items.number_of(item_id)
        elif item_id in state.items:
            number = state.ids.index(item_id)
        elif 0 < state.total <= len(state.items):
            told = displayable(f"the run has no item '{item_id}'")
            self.notify(told, severity="warning", markup=False)
        else:
            return
        self._start_at = None
        if number is not None:
            self.table.await_number(number)

    def show_item(self, row: Row | None) -> None:
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
            state.questions.decodes(scored.item.id),
            Names(state.label, state.solved, state.demoted),
            " and ".join(map(state.label, self.target_variants)),
            keys_on(self),
            state.reference,
        )

    def _draw_decodes(self) -> None:
        redecodes, targets = self._redecodes(), self.target_variants
        details = self.query_one(PairDetails)
        details.show_targets(*(name in targets for name in (self.state.reference, self.variant)))
        details.show_decodes(redecodes)
        self.query_one(DecodeBoard).show(redecodes)

    # -- keys ---------------------------------------------------------------------------------

    async def action_back(self) -> None:
        """Cancel what runs, else put the text to find away, else clear the filter, else show all
        outcomes."""
        if not await self.session.cancel() and not self.leave_find():
            self.go_back()

    async def action_decode(self, kind: str) -> None:
        scored = self.current
        if scored is None:
            return
        asked = (scored.item.id, self.target_variants, kinds()[kind])
        if not self.state.questions.under_way(*asked):
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
