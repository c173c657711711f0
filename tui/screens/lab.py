"""The lab: one item, decoded in as many ways as one likes, results side by side."""

from __future__ import annotations

from itertools import islice

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Select, Static

from engine.records.errors import UserError
from engine.records.scores import ScoredItem
from engine.text import displayable, truncated
from tui.acting import Opening
from tui.actions import LAB, RE_DECODE, Action
from tui.drawing.decode_lines import Names, live_lines, result_lines
from tui.drawing.lines import Line, columns
from tui.screens.base import EngineNeeded, RunScreen
from tui.screens.inspect import InspectScreen
from tui.screens.page import BACK, TitleBoard
from tui.state.decodes import LiveDecode
from tui.state.session import Session
from tui.state.state import Change
from tui.widgets.boards import KeyBoard
from tui.widgets.decoding_form import Choices, DecodingForm
from tui.widgets.details import QuestionBoard
from tui.widgets.paint import Sheet

BLOCK_CELLS = 46
LOOKED_AT, OFFERED = 1000, 200
"""So many items are looked at for examples, and so many are offered."""


class LabScreen(RunScreen):
    """A form on the left, every result of the item on the right."""

    AUTO_FOCUS = "#kind"
    OPENS = Opening(
        InspectScreen,
        "lab",
        "enter",
        "lab",
        "Open the lab: re-decode this item with other widths, temperatures, seeds, examples.",
        RE_DECODE,
        footer=4,
        shown="⏎",
    )
    ACTIONS = (
        BACK,
        Action("ctrl+r", "run", "run", "Run the re-decode.", LAB, shown="^r", footer=1),
        Action(
            "ctrl+n",
            "stop",
            "cancel",
            "Cancel the re-decode that is running.",
            LAB,
            shown="^n",
            footer=2,
        ),
    )

    def __init__(self, session: Session, scored: ScoredItem, variant: str, target: str) -> None:
        super().__init__(session)
        self._scored = scored
        self._variant = variant
        self._target = target

    @classmethod
    def opened_from(cls, host: InspectScreen) -> LabScreen | None:
        scored = host.current
        return None if scored is None else cls(host.session, scored, host.variant, host.target)

    def compose(self) -> ComposeResult:
        reference, variant = self.state.reference, self._variant
        names = {name: displayable(self.state.label(name)) for name in (reference, variant)}
        yield TitleBoard()
        yield QuestionBoard(id="question")
        with Horizontal(id="lab"):
            with VerticalScroll(id="form"):
                yield DecodingForm(self._examples())
                yield Static(Content("on"), classes="label")
                yield Select(
                    [
                        (Content(names[variant]), "variant"),
                        (Content(names[reference]), "reference"),
                        (Content("both"), "both"),
                    ],
                    value=self._target,
                    allow_blank=False,
                    compact=True,
                    id="target",
                )
                yield Static("", id="lab-error")
            yield Sheet(id="results")
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        item = self._scored.item
        self.query_one(TitleBoard).show("Lab", item.id)
        self.query_one(QuestionBoard).show(self._scored)
        self.changed(~Change.NONE)

    def _examples(self) -> Choices:
        """Other items that may be shown solved, those of the same language first."""
        item = self._scored.item
        scored = islice(self.state.items.values(), LOOKED_AT)
        others = [other.item for other in scored if other.item.id != item.id]
        others.sort(key=lambda o: (o.language != item.language, o.kind != item.kind))
        return [
            (
                Content(truncated(displayable(f"{other.stem or other.question} {other.gold}"), 60)),
                other.id,
            )
            for other in others[:OFFERED]
        ]

    # -- running --------------------------------------------------------------------------------

    @on(Input.Submitted)
    async def action_run(self) -> None:
        """Run the re-decode that the form describes."""
        error = self.query_one("#lab-error", Static)
        try:
            decoding = self.query_one(DecodingForm).decoding()
        except UserError as problem:
            error.update(Content(displayable(problem.message)))
            return
        error.update(Content(""))
        target = str(self.query_one("#target", Select).value)
        reference, variant = self.state.reference, self._variant
        variants = {"variant": (variant,), "reference": (reference,)}.get(
            target, (reference, variant)
        )
        await self.session.ask(LiveDecode.of(self._scored.item.id, variants, decoding))
        self.post_message(EngineNeeded())
        self.changed(Change.ANSWERS)

    async def action_stop(self) -> None:
        await self.session.cancel()

    def action_close(self) -> None:
        self.dismiss()

    # -- drawing --------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        """Draw what runs and what came."""
        if Change.ANSWERS in change:
            self.query_one("#results", Sheet).show(self._lay_out)

    def _lay_out(self, width: int) -> list[Line]:
        state, item_id = self.state, self._scored.item.id
        names = Names(state.label, state.solved)
        cells = max(1, (width + 3) // (BLOCK_CELLS + 3))
        room = (width - 3 * (cells - 1)) // cells
        blocks: list[list[Line]] = []
        for live in state.live_decodes(item_id):
            blocks += [live_lines(live, part, names, room) for part in live.pending]
        blocks += [result_lines(result, names, room) for result in state.results(item_id)]
        if not blocks:
            return [[("^r", "key"), (" runs it; every result of this item stays here", "dim")]]
        lines: list[Line] = []
        for start in range(0, len(blocks), cells):
            row = blocks[start : start + cells]
            lines += [*([[]] if lines else []), *columns(row, (room,) * len(row), 3)]
        return lines
