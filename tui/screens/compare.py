"""Two runs, or two variants of one, on the items that both have scored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Self

from textual import on, work
from textual.app import ComposeResult

from engine.records.errors import UserError, in_one_line
from engine.runs.reading import Run, read_run
from engine.text import displayable
from tui.actions import Action
from tui.drawing.comparison_lines import (
    answer_lines,
    cell_items,
    figure_lines,
    item_table,
)
from tui.drawing.lines import Line, wrap
from tui.screens.base import RunScreen
from tui.screens.page import BACK, TitleBoard
from tui.state.session import Session
from tui.state.state import Change
from tui.widgets.boards import KeyBoard
from tui.widgets.cross_table import COMPARE, CrossTable
from tui.widgets.line_table import LineTable
from tui.widgets.paint import Board

if TYPE_CHECKING:
    from engine.analysis.comparing import ComparedItem, RunComparison
    from engine.runs.overview import RunEntry


class FigureBoard(Board):
    """Every measure, and warnings; as high as that is."""

    def __init__(self) -> None:
        super().__init__(id="figures")
        self._comparison: RunComparison | None = None
        self._note = "reading"

    def show(self, comparison: RunComparison | None, note: str = "") -> None:
        self._comparison, self._note = comparison, note
        self.on_resize()

    def on_resize(self) -> None:
        self.styles.height = max(len(self.lines(self.size.width)), 1)
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """The figures, or what is waited for."""
        if self._comparison is None:
            return wrap([(displayable(self._note), "dim")], width)
        return figure_lines(self._comparison, width)


class AnswersBoard(Board):
    """Both answers of the item under the cursor."""

    def __init__(self) -> None:
        super().__init__(id="answers")
        self._item: ComparedItem | None = None

    def show(self, item: ComparedItem | None) -> None:
        self._item = item
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """A line for each side."""
        return answer_lines(self._item, width)


class CompareScreen(RunScreen):
    """The figures, outcome against outcome, and the items of the cell under the cursor."""

    AUTO_FOCUS = "#cross"
    WIDGETS = (CrossTable,)
    SILENT = (LineTable,)
    ACTIONS = (
        BACK,
        Action(
            "enter",
            "items",
            "items",
            "Go through the items of the cell, one after the other.",
            COMPARE,
            shown="⏎",
            footer=1,
        ),
        Action(
            "left_square_bracket,right_square_bracket",
            "variant(1)",
            "second's variant",
            "Compare with another variant of the second run.",
            COMPARE,
            shown="[ ]",
            footer=2,
            slug="second-variant",
        ),
        Action(
            "left_curly_bracket,right_curly_bracket",
            "variant(0)",
            "first's variant",
            "Compare another variant of the first run.",
            COMPARE,
            shown="{ }",
            footer=3,
            slug="first-variant",
        ),
        Action("s", "swap", "swap", "Exchange the first and the second.", COMPARE, footer=4),
    )

    def __init__(
        self,
        session: Session,
        first: RunEntry,
        second: RunEntry,
        variants: tuple[str, str] | None = None,
    ) -> None:
        """Compare the first recipes of two runs, or the variants that are named."""
        super().__init__(session)
        self._entries = [first, second]
        self._variants = list(variants or (first.recipes[0], second.recipes[0]))
        self._runs: dict[Path, Run] = {}
        self.comparison: RunComparison | None = None
        self._items: list[ComparedItem] = []

    @classmethod
    def of_variants(cls, session: Session, entry: RunEntry) -> Self:
        """Compare the last two variants of a run; of a run with one recipe, dense with it."""
        first, second = entry.variants[-2:]
        return cls(session, entry, entry, (first, second))

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield FigureBoard()
        yield CrossTable(id="cross")
        yield LineTable(id="compared")
        yield AnswersBoard()
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self._compare()

    def changed(self, change: Change) -> None:
        """Nothing here depends on the run that is open."""

    @work(exclusive=True, group="compare")
    async def _compare(self) -> None:
        """Read the runs that aren't read yet, and compare them, in a thread."""
        try:
            self.comparison = await asyncio.to_thread(self._compared)
        except UserError as error:
            board = self.query_one(FigureBoard)
            board.show(None, in_one_line(error.message, error.hint))
            return
        comparison = self.comparison
        sides = f"{comparison.first.label} → {comparison.second.label}"
        subject = f"{sides}   {len(comparison.items):,} items in common"
        self.query_one(TitleBoard).show("Compare", subject)
        self.query_one(FigureBoard).show(comparison)
        self.query_one(CrossTable).show(comparison)

    def _compared(self) -> RunComparison:
        from engine.analysis.comparing import Side, compare
        from engine.analysis.overruling import annotated

        sides = []
        for entry, variant in zip(self._entries, self._variants, strict=True):
            directory = entry.directory
            if directory not in self._runs:
                self._runs[directory] = annotated(read_run(directory))
            sides.append(Side(self._runs[directory], variant))
        return compare(sides[0], sides[1])

    @on(CrossTable.Moved)
    def _draw_items(self) -> None:
        cell = self.query_one(CrossTable).cell
        if self.comparison is None or cell is None:
            return
        items = self._items = cell_items(self.comparison, cell)
        self.query_one(LineTable).show(
            lambda width: item_table(items, width), placeholder="no item is in this cell"
        )
        self._draw_answers()

    @on(LineTable.Highlighted)
    def _draw_answers(self) -> None:
        index = self.query_one(LineTable).index
        self.query_one(AnswersBoard).show(self._items[index] if self._items else None)

    # -- keys ---------------------------------------------------------------------------------

    def action_items(self) -> None:
        if self._items:
            self.query_one(LineTable).focus()

    def action_close(self) -> None:
        """Go back to the cells, else to the list of runs."""
        if self.query_one(LineTable).has_focus:
            self.query_one(CrossTable).focus()
        else:
            self.dismiss()

    def action_variant(self, side: int) -> None:
        """Take the next variant of a side."""
        names = self._entries[side].variants
        at = names.index(self._variants[side])
        self._variants[side] = names[(at + 1) % len(names)]
        self._compare()

    def action_swap(self) -> None:
        self._entries.reverse()
        self._variants.reverse()
        self._compare()
