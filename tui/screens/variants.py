"""One item under all variants."""

from __future__ import annotations

from textual.app import ComposeResult

from engine.analysis.pairing import outcome
from engine.records.scores import Score, ScoredItem
from tui.acting import Opening
from tui.actions import MOVE, SHOW, Action
from tui.drawing.item_variants import VariantRow, item_lines
from tui.drawing.lines import Line
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen, PageSheet, TitleBoard
from tui.widgets.boards import KeyBoard
from tui.widgets.details import QuestionBoard


class VariantsScreen(PageScreen):
    """A row for each variant, the reference first: what became of the item under each.

    Going to another item moves the inspector's cursor, and so keeps to its filter and order.
    """

    OPENS = Opening(
        InspectScreen,
        "variants",
        "u",
        "variants",
        "This item under all variants: answers, choice, rank, divergence, recoveries.",
        SHOW,
        footer=7,
    )
    ACTIONS = (
        Action("n", "step(1)", "next item", "Show the next item.", MOVE, footer=1),
        Action("p", "step(-1)", "previous item", "Show the item before.", MOVE, footer=2),
    )

    def __init__(self, host: InspectScreen, scored: ScoredItem) -> None:
        super().__init__(host.session)
        self._host = host
        self._scored = scored

    @classmethod
    def opened_from(cls, host: InspectScreen) -> VariantsScreen | None:
        return None if host.current is None else cls(host, host.current)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield QuestionBoard(id="question")
        yield PageSheet(id="page")
        yield KeyBoard(id="keys")

    def draw(self) -> None:
        numbers, number = self._host.table.numbers, self._host.table.number
        place = f"{numbers.index(number) + 1:,} of {len(numbers):,}" if number is not None else ""
        noted = self.state.notes.of(self._scored.item.id)
        self.query_one(QuestionBoard).show(self._scored, noted)
        self.present("Under all variants", place, self._lay_out)

    def _lay_out(self, width: int) -> list[Line]:
        return item_lines([self._row(name) for name in self.state.settings.variants], width)

    def _row(self, name: str) -> VariantRow:
        state, item = self.state, self._scored
        scores = item.scores
        score, reference = (scores.get(each, Score()) for each in (name, state.reference))
        return VariantRow(
            label=state.label(name),
            outcome=None if name == state.reference else outcome(reference, score),
            score=score,
            results=[each for each in state.results(item.item.id) if each.variant == name],
            after_stem=item.after_stem,
        )

    def action_step(self, by: int) -> None:
        table = self._host.table
        table.action_move(by)
        if self._host.current is not None:
            self._scored = self._host.current
            self.query_one(PageSheet).scroll_home(animate=False)
            self.draw()
