"""A row of the lab: a decoding, whose parameters are edited in it, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Select

from engine.records.decodings.decoding import Decoding
from engine.records.errors import UserError
from engine.text import displayable, truncated
from tui.drawing.hypothesis_lines import Names
from tui.drawing.lab_lines import row_lines
from tui.drawing.lines import Line, Piece, wrap
from tui.state.experiments import Cell
from tui.widgets.decoding_form import DecodingForm
from tui.widgets.paint import Board


class LabelBoard(Board):
    """The decoding of a row."""

    def __init__(self, row: LabRow) -> None:
        super().__init__()
        self._row = row

    def lines(self, width: int) -> list[Line]:
        """The label, and a mark where the cursor is."""
        paint = "strong" if self._row.selected else ""
        mark: Piece = ("▸ " if self._row.selected else "  ", "key")
        label = displayable(self._row.decoding.label)
        lines = wrap([mark, (label, paint)], width, indent=2)
        if len(lines) <= self.size.height:
            return lines
        # What tells decodings of a kind apart stands at the end.
        return [[mark, (truncated(label, width - 2, elide="middle"), paint)]]


class CellsBoard(Board):
    """The cells of a row next to each other."""

    def __init__(self) -> None:
        super().__init__()
        self.height: int | None = None
        self._cells: Sequence[Cell] = ()
        self._names: Names | None = None

    def show(self, cells: Sequence[Cell], names: Names) -> None:
        self._cells, self._names = cells, names
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """The cells in as many lines as the row gives them."""
        return self._laid_out(width, self.height)

    def full_height(self, width: int) -> int:
        """Lines that the cells need to show everything."""
        return len(self._laid_out(width, None))

    def _laid_out(self, width: int, height: int | None) -> list[Line]:
        if self._names is None or not self._cells:
            return []
        return row_lines(self._cells, self._names, width, height)


class LabRow(Horizontal):
    """A decoding on the left, what it came to under every variant on the right.

    Args:
        decoding: at first.
        editable: whether its parameters can be changed.
    """

    class Edited(Message):
        """A parameter was changed, so that the row is about another decoding."""

    class Refused(Message):
        """A text stands for no value of its parameter."""

        def __init__(self, error: UserError) -> None:
            super().__init__()
            self.error = error

    class Asked(Message):
        """The row is to be run, from one of its fields."""

    def __init__(self, decoding: Decoding, *, editable: bool) -> None:
        super().__init__()
        self.decoding = decoding
        self.selected = False
        self.form = DecodingForm(decoding) if editable and decoding.parameters() else None
        self.set_class(self.form is not None, "-editable")
        self._label = LabelBoard(self)
        self.cells = CellsBoard()

    def compose(self) -> ComposeResult:
        with Vertical(classes="left"):
            yield self._label
            if self.form is not None:
                yield self.form
        yield self.cells

    @property
    def least_height(self) -> int:
        """Lines that its left side needs."""
        return 1 + (self.form.count if self.form is not None and self.selected else 0)

    def select(self, selected: bool) -> None:
        self.selected = selected
        self.set_class(selected, "-selected")
        self._label.redraw()

    def take_in(self) -> bool:
        """Take over what its fields say; tells whether they make sense."""
        if self.form is None:
            return True
        try:
            decoding = self.form.decoding()
        except UserError as error:
            self.post_message(self.Refused(error))
            return False
        if decoding != self.decoding:
            self.decoding = decoding
            self._label.redraw()
        self.post_message(self.Edited())
        return True

    @on(Input.Blurred)
    @on(Select.Changed)
    def _changed(self, message: Message) -> None:
        message.stop()
        self.take_in()

    @on(Input.Submitted)
    def _submitted(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Asked())
