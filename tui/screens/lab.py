"""The lab: one item, decoded in as many ways as one likes, results side by side."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Select, Static

from engine.records.decodings import MOST_HYPOTHESES, Beam, Decoding, OneShot, Sample
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
from tui.widgets.details import QuestionBoard
from tui.widgets.paint import Sheet

KINDS = (("beam search", "beam"), ("samples", "sample"), ("one-shot", "one-shot"))
FIELDS = {
    "beam": ("width", "penalty"),
    "sample": ("count", "temperature", "top-p", "seed"),
    "one-shot": ("example",),
}
BLOCK_CELLS = 46


class Field(Horizontal):
    """A label and an input on one line."""

    def __init__(self, name: str, label: str, value: str, kind: str) -> None:
        super().__init__(id=f"field-{name}")
        self._name, self._label, self._value, self._kind = name, label, value, kind

    def compose(self) -> ComposeResult:
        """The label, the input."""
        yield Static(Content(self._label), classes="label")
        if self._kind == "integer":
            yield Input(self._value, type="integer", compact=True, id=f"input-{self._name}")
        elif self._kind == "number":
            yield Input(self._value, type="number", compact=True, id=f"input-{self._name}")


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
        """Question, form, results, keys."""
        reference, variant = self.state.reference, self._variant
        names = {name: displayable(self.state.label(name)) for name in (reference, variant)}
        yield TitleBoard()
        yield QuestionBoard(id="question")
        with Horizontal(id="lab"):
            with VerticalScroll(id="form"):
                yield Static(Content("decode by"), classes="label")
                yield Select(
                    [(Content(label), key) for label, key in KINDS],
                    value="beam",
                    allow_blank=False,
                    compact=True,
                    id="kind",
                )
                yield Field("width", "width", "8", "integer")
                yield Field("penalty", "length penalty", "0.0", "number")
                yield Field("count", "samples", "16", "integer")
                yield Field("temperature", "temperature", "1.0", "number")
                yield Field("top-p", "top-p", "1.0", "number")
                yield Field("seed", "seed", "0", "integer")
                yield Static(Content("example"), classes="label", id="example-label")
                yield Select(
                    self._examples(),
                    value="",
                    allow_blank=False,
                    compact=True,
                    id="example",
                )
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
        """Show the item, and the fields of the first kind."""
        item = self._scored.item
        self.query_one(TitleBoard).show("Lab", item.id)
        self.query_one(QuestionBoard).show(self._scored)
        self._show_fields("beam")
        self.changed(~Change.NONE)

    def _examples(self) -> list[tuple[Content, str]]:
        """Other items that may be shown solved, those of the same language first."""
        item = self._scored.item
        others = [one.item for one in self.state.items.values() if one.item.id != item.id]
        others.sort(key=lambda o: (o.language != item.language, o.kind != item.kind))
        named = [
            (Content(truncated(displayable(f"{one.stem or one.question} {one.gold}"), 60)), one.id)
            for one in others[:200]
        ]
        return [(Content("the first that fits"), ""), *named]

    @on(Select.Changed, "#kind")
    def _kind_changed(self, message: Select.Changed) -> None:
        self._show_fields(str(message.value))

    def _show_fields(self, kind: str) -> None:
        for key, names in FIELDS.items():
            for name in names:
                if name == "example":
                    self.query_one("#example").display = key == kind
                    self.query_one("#example-label").display = key == kind
                else:
                    self.query_one(f"#field-{name}").display = key == kind

    # -- running --------------------------------------------------------------------------------

    @on(Input.Submitted)
    async def action_run(self) -> None:
        """Run the re-decode that the form describes."""
        error = self.query_one("#lab-error", Static)
        try:
            decoding = self._decoding()
        except ValueError as problem:
            error.update(Content(str(problem)))
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
        """Cancel what runs."""
        await self.session.cancel()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()

    def _decoding(self) -> Decoding:
        """The decoding of the form; a ValueError says what is wrong with it."""
        kind = str(self.query_one("#kind", Select).value)
        if kind == "beam":
            return Beam(
                width=self._whole("width", "width", 1, MOST_HYPOTHESES),
                length_penalty=self._number("penalty", "length penalty", -10.0, 10.0),
            )
        if kind == "sample":
            return Sample(
                count=self._whole("count", "samples", 1, MOST_HYPOTHESES),
                temperature=self._number("temperature", "temperature", 0.01, 10.0),
                top_p=self._number("top-p", "top-p", 0.01, 1.0),
                seed=self._whole("seed", "seed", 0, 2**63 - 1),
            )
        return OneShot(example=str(self.query_one("#example", Select).value) or None)

    def _whole(self, name: str, label: str, low: int, high: int) -> int:
        text = self.query_one(f"#input-{name}", Input).value
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"{label}: a whole number from {low} to {high}")
        return int(text)

    def _number(self, name: str, label: str, low: float, high: float) -> float:
        text = self.query_one(f"#input-{name}", Input).value
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"{label}: a number from {low:g} to {high:g}")
        return value

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
