"""Choosing the columns of the item table."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.text import displayable, fit, truncated
from tui.acting import ActingScreen, Opening
from tui.actions import FIND, Action
from tui.drawing.columns import CATALOGUE
from tui.drawing.layout import AS_IT_IS
from tui.drawing.lines import Line
from tui.screens.inspect import InspectScreen
from tui.screens.page import BACK
from tui.state.column_choice import ColumnChoice
from tui.state.preferences import keep_preferences
from tui.widgets.browser import ItemBrowser
from tui.widgets.line_table import LineTable

CHOOSING = "While choosing columns"
NAME_CELLS = 24
SHOWN, NO_ROOM, HIDDEN = "[x]", "[-]", "[ ]"


class ColumnList(LineTable):
    """The columns; the space bar does not turn pages here."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "screen.switch", show=False)]


class ColumnsScreen(ActingScreen, ModalScreen[None]):
    """Lists all columns; what is chosen is seen in the table at once, and remembered."""

    AUTO_FOCUS = "#columns"
    OPENS = Opening(
        InspectScreen,
        "columns",
        "C",
        "columns",
        "Choose the columns of the table, and their order.",
        FIND,
        footer=8,
    )
    ACTIONS = (
        Action(
            "enter",
            "switch",
            "show or hide",
            "Show the column, or hide it.",
            CHOOSING,
            shown="space",
        ),
        Action(
            "shift+up,K", "move(-1)", "to the left", "Move the column left.", CHOOSING, shown="⇧↑"
        ),
        Action("shift+down,J", "move(1)", "to the right", "Move it right.", CHOOSING, shown="⇧↓"),
        Action("r", "reset", "reset", "Show the columns as if nobody had chosen any.", CHOOSING),
        BACK,
    )

    def __init__(self, browser: ItemBrowser) -> None:
        super().__init__()
        self._browser = browser
        self._table = browser.table

    @classmethod
    def opened_from(cls, host: InspectScreen) -> ColumnsScreen:
        return cls(host.browser)

    def compose(self) -> ComposeResult:
        with Vertical(classes="choosing"):
            yield Static(Content("Columns of the table"), classes="heading")
            yield ColumnList(id="columns")
            yield Static("", id="column-about")
            yield Static(
                Content("space shows or hides   ⇧↑ ⇧↓ move   r resets   esc goes back"),
                classes="hint",
            )

    def on_mount(self) -> None:
        self._draw()

    @property
    def _list(self) -> ColumnList:
        return self.query_one(ColumnList)

    @property
    def _keys(self) -> list[str]:
        return self._table.choice.ordered(tuple(CATALOGUE))

    def _draw(self) -> None:
        shown = {column.key for column in self._table.columns}
        keys, chosen = self._keys, self._table.choice.on

        def lay_out(width: int) -> tuple[Line, list[Line]]:
            marks = {
                key: SHOWN if key in shown else NO_ROOM if key in chosen else HIDDEN for key in keys
            }
            lines = [self._line(key, marks[key], width) for key in keys]
            count = list(marks.values()).count(NO_ROOM)
            return [(f"{len(shown)} shown" + f", no room for {count}" * bool(count), "")], lines

        self._list.show(lay_out, at=self._list.index)
        self._tell_about()

    @on(LineTable.Highlighted)
    def _tell_about(self) -> None:
        """Say what the column under the cursor is, which its line has not always room for."""
        about = CATALOGUE[self._keys[self._list.index]].about
        self.query_one("#column-about", Static).update(Content(displayable(about)))

    def _line(self, key: str, mark: str, width: int) -> Line:
        column = CATALOGUE[key]
        name = displayable(column.name or column.title.format_map(self._table.titles))
        about = "No room for it. " * (mark == NO_ROOM) + displayable(column.about)
        room = max(width - NAME_CELLS - 6, 0)
        paint = "" if mark == SHOWN else "dim"
        return [
            (f"{mark} ", "key" if mark == SHOWN else "dim"),
            (f"{fit(name, NAME_CELLS)}  ", paint),
            (truncated(about, room), "dim"),
        ]

    # -- keys ---------------------------------------------------------------------------------

    def action_switch(self) -> None:
        """Show the column under the cursor, or hide it; the last one stays."""
        key = self._keys[self._list.index]
        shown = {column.key for column in self._table.columns}
        if shown == {key}:
            self.app.bell()
            return
        self._choose(self._table.choice.toggled(key, shown=key in shown))

    def action_move(self, by: int) -> None:
        """Move the column under the cursor, and the cursor with it."""
        keys = self._keys
        key = keys[self._list.index]
        self._choose(self._table.choice.moved(tuple(CATALOGUE), key, by))
        self._list.go_to(self._keys.index(key))

    def action_reset(self) -> None:
        self._choose(AS_IT_IS)

    def action_close(self) -> None:
        self.dismiss()

    def _choose(self, choice: ColumnChoice) -> None:
        self._table.show_columns(choice=choice)
        # An order that no heading shows any more is told beside the outcomes.
        self._browser.show_view()
        keep_preferences(columns=choice)
        self._draw()
