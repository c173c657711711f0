"""Filters that were saved under a name: use one, save the one in use, delete one."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from engine.records.errors import UserError, in_one_line
from engine.text import displayable, fit, truncated
from tui.acting import ActingScreen, Opening, keys_on
from tui.actions import FIND, Action
from tui.drawing.lines import Line
from tui.screens.inspect import InspectScreen
from tui.screens.page import BACK
from tui.state.completing import count_shown
from tui.state.filter_history import FilterHistory
from tui.state.saved_filters import SIGN, forget_filter, save_filter, saved_filters
from tui.widgets.browser import ItemBrowser
from tui.widgets.filter import FilterInput
from tui.widgets.line_input import LineInput
from tui.widgets.line_table import LineTable

SAVED = "Among saved filters"
NAME_CELLS, COUNT_CELLS = 20, 9


class FiltersScreen(ActingScreen, ModalScreen[None]):
    """Lists the saved filters, each with how many items of the run it shows.

    Args:
        browser: whose items they are about.
        naming: begin with a name for the filter in use.
    """

    AUTO_FOCUS = "#saved"
    OPENS = Opening(
        InspectScreen,
        "filters",
        "F",
        "saved filters",
        "Use, save or delete filters by name; @name stands for one in a filter.",
        FIND,
    )
    ACTIONS = (
        Action("enter", "use", "use", "Show what the filter lets through.", SAVED, shown="⏎"),
        Action("s", "save", "save", "Save the filter in use under a name.", SAVED),
        Action("d", "delete", "delete", "Delete the filter; undo has it back.", SAVED),
        Action("u", "undo", "undo", "Take back the last deletion.", SAVED),
        BACK,
    )

    def __init__(self, browser: ItemBrowser, *, naming: bool = False) -> None:
        super().__init__()
        self._browser = browser
        self._naming = naming
        self._filters: dict[str, str] = {}
        self._counts: dict[str, int | None] = {}
        self._deleted: list[tuple[str, str]] = []

    @classmethod
    def opened_from(cls, host: InspectScreen) -> FiltersScreen:
        return cls(host.browser, naming=isinstance(host.focused, FilterInput))

    def compose(self) -> ComposeResult:
        with Vertical(classes="choosing"):
            yield Static(Content("Saved filters"), classes="heading")
            yield LineTable(id="saved")
            yield LineInput(placeholder="a name for it", compact=True, id="name")
            yield Static("", id="filters-told", classes="hint")
            yield Static(
                Content("⏎ uses   s saves the one in use   d deletes   u undoes   esc goes back"),
                classes="hint",
            )

    def on_mount(self) -> None:
        self._field.display = False
        self._read()
        if self._naming:
            self.action_save()

    @property
    def _list(self) -> LineTable:
        return self.query_one(LineTable)

    @property
    def _field(self) -> Input:
        return self.query_one("#name", Input)

    @property
    def _chosen(self) -> str | None:
        names = list(self._filters)
        return names[self._list.index] if names else None

    # -- drawing ------------------------------------------------------------------------------

    def _read(self, at: str = "") -> None:
        """Show what is on disk, with the cursor on a name."""
        try:
            self._filters = saved_filters()
        except UserError as error:
            self._filters = {}
            self._tell_error(error)
        names = list(self._filters)
        self._draw(names.index(at) if at in names else self._list.index)
        self._count()

    def _draw(self, at: int) -> None:
        filters, counts = self._filters, self._counts

        def lay_out(width: int) -> tuple[Line, list[Line]]:
            room = max(width - NAME_CELLS - COUNT_CELLS - 4, 0)
            head = f"{fit('name', NAME_CELLS)}  {fit('items', COUNT_CELLS, align='right')}  filter"
            lines: list[Line] = []
            for name, text in filters.items():
                count = counts.get(name)
                number = "" if count is None else f"{count:,}"
                lines.append(
                    [
                        (f"{fit(displayable(SIGN + name), NAME_CELLS)}  ", "key"),
                        (f"{fit(number, COUNT_CELLS, align='right')}  ", ""),
                        (truncated(displayable(text), room), "dim"),
                    ]
                )
            return [(head, "")], lines

        self._list.show(lay_out, at=at, placeholder="none yet; s saves the filter in use")

    @work(thread=True, exclusive=True)
    def _count(self) -> None:
        """Count what each lets through; of a large run that takes a while."""
        frame, filters, worker = self._browser.frame, dict(self._filters), get_current_worker()
        for name, text in filters.items():
            if frame is None or worker.is_cancelled:
                return
            if name not in self._counts:
                self._counts[name] = count_shown(frame, text, filters)
                self.app.call_from_thread(self._counted)

    def _counted(self) -> None:
        if self.is_current:
            self._draw(self._list.index)

    def _tell(self, text: str) -> None:
        self.query_one("#filters-told", Static).update(Content(displayable(text)))

    def _tell_error(self, error: UserError) -> None:
        self._tell(in_one_line(error.message, error.hint))

    # -- keys ---------------------------------------------------------------------------------

    def action_use(self) -> None:
        if self._chosen is not None:
            self._browser.filter_by(f"{SIGN}{self._chosen}")
            self.dismiss()

    def action_save(self) -> None:
        """Ask for a name of the filter in use."""
        text = self._browser.filter_text
        if not text:
            self._tell("No filter is in use: type one after /, or show one outcome.")
            return
        self._tell(f"The filter in use: {text}")
        self._field.display = True
        self._field.focus()

    @on(Input.Submitted, "#name")
    def _named(self, message: Input.Submitted) -> None:
        name = message.value.strip().removeprefix(SIGN)
        try:
            before = save_filter(name, self._browser.filter_text)
        except UserError as error:
            self._tell_error(error)
            return
        self._counts.pop(name, None)
        self._put_name_away()
        self._read(at=name)
        told = f"{SIGN}{name} is saved."
        if before is not None and before != self._filters.get(name):
            FilterHistory().add(before)
            told = f"{SIGN}{name} is replaced. It was: {before}"
        self._tell(told)

    def action_delete(self) -> None:
        name = self._chosen
        if name is None:
            return
        try:
            text = forget_filter(name)
        except UserError as error:
            self._tell_error(error)
            return
        if text is not None:
            self._deleted.append((name, text))
            # Should it be missed later, the arrows find it in the filter's line.
            FilterHistory().add(text)
        self._read()
        self._tell(f"{SIGN}{name} is deleted; {keys_on(self)['undo']} has it back.")

    def action_undo(self) -> None:
        if not self._deleted:
            return
        name, text = self._deleted[-1]
        try:
            save_filter(name, text)
        except UserError as error:
            self._tell_error(error)
            return
        self._deleted.pop()
        self._read(at=name)
        self._tell(f"{SIGN}{name} is back.")

    def action_close(self) -> None:
        """Put the name away, or go back to the items."""
        if self._field.display:
            self._put_name_away()
            self._tell("")
        else:
            self.dismiss()

    def _put_name_away(self) -> None:
        self._field.value = ""
        self._field.display = False
        self._list.focus()
