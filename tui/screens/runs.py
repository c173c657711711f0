"""The runs on this machine: one is opened, two are compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from engine.records.errors import UserError, in_one_line
from engine.text import displayable
from tui.acting import Opening, keys_on
from tui.actions import RUN, Action
from tui.drawing.lines import Line
from tui.drawing.run_lines import about_lines, run_lines
from tui.screens.base import RunScreen
from tui.screens.compare import CompareScreen
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageSheet, TitleBoard
from tui.state.session import Session
from tui.state.state import Change
from tui.widgets.boards import KeyBoard
from tui.widgets.line_table import LineTable
from tui.widgets.prompt import PromptBar, PromptInput

if TYPE_CHECKING:
    # What reads and moves runs is imported when the list is shown: the first frame of a run that
    # is opened by its name doesn't wait for it.
    from engine.runs.overview import RunEntry

RUNS = "In the list of runs"
MARK = "▸ "
FILTER, RENAME = "filter", "rename"

Undo = Callable[[], Path]
"""Takes back what was done to a run; its directory is then where it was."""


class RunChosen(Message):
    """A run is to be opened in the place of the one that is open."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory


class RunsScreen(RunScreen):
    """The list, and below it what there is to say of the run under the cursor."""

    AUTO_FOCUS = "#runs"
    SILENT = (LineTable,)
    OPENS = Opening(
        InspectScreen,
        "runs",
        "L",
        "runs",
        "The runs on this machine: open, compare, rename, delete.",
        RUN,
    )
    ACTIONS = (
        Action("enter", "open_run", "open", "Open the run.", RUNS, shown="⏎", footer=1),
        Action(
            "c",
            "compare",
            "compare",
            "Mark the run, then compare it with another one; the same one again compares its "
            "variants.",
            RUNS,
            footer=2,
        ),
        Action(
            "slash", "filter", "filter", "Only runs with these words.", RUNS, footer=3, shown="/"
        ),
        Action("r", "rename", "rename", "Give the run another name.", RUNS, footer=4),
        Action("d", "delete", "delete", "Delete the run; undo has it back.", RUNS, footer=5),
        Action("u", "undo", "undo", "Take back the last deletion or renaming.", RUNS, footer=6),
        Action(
            "escape",
            "back",
            "back",
            "Clear the mark, then the filter, then go back to the run that is open.",
            RUNS,
            shown="esc",
            footer=0,
        ),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._entries: list[RunEntry] = []
        self._place = ""
        self._filter = ""
        self._marked: Path | None = None
        self._renamed: RunEntry | None = None
        self._done: list[tuple[str, Undo]] = []

    @classmethod
    def opened_from(cls, host: InspectScreen) -> RunsScreen:
        return cls(host.session)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield LineTable(id="runs")
        yield PromptBar(id="prompt")
        yield PageSheet(id="about")
        yield KeyBoard(id="keys")

    def changed(self, change: Change) -> None:
        """Nothing here depends on the run that is open."""

    def on_screen_resume(self) -> None:
        self.read()

    def actions_on(self, screen: Screen[Any]) -> tuple[Action, ...]:
        """Its actions; where no run is open, none that leads back to one."""
        actions = super().actions_on(screen)
        return actions if self._over_a_run else tuple(a for a in actions if a.name != "back")

    # -- what is shown ------------------------------------------------------------------------

    @property
    def shown(self) -> list[RunEntry]:
        """The runs that the filter lets through."""
        words = self._filter.casefold().split()
        return [entry for entry in self._entries if all(word in _words(entry) for word in words)]

    @property
    def current(self) -> RunEntry | None:
        """The run under the cursor."""
        shown = self.shown
        return shown[self.table.index] if shown else None

    @property
    def table(self) -> LineTable:
        return self.query_one(LineTable)

    @work(exclusive=True, group="runs")
    async def read(self, name: str | None = None) -> None:
        """Read the runs: at once what takes no time, then how many items are right.

        Args:
            name: of the run that the cursor is to be on; where it is None, where it was.
        """
        from engine.runs.directories import runs_directory
        from engine.runs.known import known_runs
        from engine.runs.overview import counted, glance, latest_first
        from engine.runs.tallies import TallyCache

        cache = await asyncio.to_thread(TallyCache)
        entries = await asyncio.to_thread(
            lambda: latest_first(glance(directory, cache) for directory in known_runs())
        )
        self._place = str(runs_directory())
        self._show([self._at_rest(entry) for entry in entries], name)
        while waiting := [entry for entry in self._entries if not (entry.tally or entry.problem)]:
            done = await asyncio.to_thread(counted, waiting[0], cache)
            self._show([done if one is waiting[0] else one for one in self._entries])
        await asyncio.to_thread(cache.save)

    def _at_rest(self, entry: RunEntry) -> RunEntry:
        """The run that is open here is kept by its engine; it isn't written any more when done."""
        if self._scoring or not self._is_open(entry):
            return entry
        return msgspec.structs.replace(entry, writing=False)

    def _show(self, entries: list[RunEntry], name: str | None = None) -> None:
        """Show these runs; the cursor stays on its run."""
        current = self.current
        if name is None and current is not None:
            name = current.name
        self._entries = entries
        self._draw(name)

    def _draw(self, name: str | None = None) -> None:
        shown = self.shown
        names = [entry.name for entry in shown]
        at = names.index(name) if name in names else self.table.index
        placeholder = "no run has these words" if self._entries else "no run is known yet"
        self.table.show(
            lambda width: self._lay_out(shown, width),
            at=at,
            placeholder=placeholder if self._place else "reading",
        )
        count = len(self._entries)
        subject = f"{count:,} on this machine   {self._place}"
        self.query_one(TitleBoard).show("Runs", subject)
        if self._filter or self.query_one(PromptBar).purpose == FILTER:
            self.query_one(PromptBar).note(f"{len(shown):,} shown")
        self._draw_current()

    def _lay_out(self, entries: list[RunEntry], width: int) -> tuple[Line, list[Line]]:
        heading, lines = run_lines(entries, width - len(MARK), datetime.now(UTC))
        marks = [
            (MARK, "key") if entry.directory == self._marked else (" " * len(MARK), "")
            for entry in entries
        ]
        return (
            [(" " * len(MARK), ""), *heading],
            [[mark, *line] for mark, line in zip(marks, lines, strict=True)],
        )

    @on(LineTable.Highlighted)
    def _draw_current(self) -> None:
        entry, now = self.current, datetime.now(UTC)
        self.query_one(PageSheet).show(lambda width: about_lines(entry, width, now), top=True)

    # -- keys ---------------------------------------------------------------------------------

    @on(LineTable.Opened)
    def action_open_run(self) -> None:
        entry = self.current
        if entry is None:
            return
        if entry.problem:
            self._refuse(entry.problem)
        elif self._scoring:
            self._refuse("a run is being scored here; quit first, or open it in another terminal")
        else:
            self.post_message(RunChosen(entry.directory))

    def action_compare(self) -> None:
        """Mark a run, or compare it with the one that is marked."""
        entry = self.current
        if entry is None:
            return
        if entry.problem:
            self._refuse(entry.problem)
            return
        marked = next((one for one in self._entries if one.directory == self._marked), None)
        if marked is None:
            self._marked = entry.directory
            key = keys_on(self)["compare"]
            self.notify(f"now {key} on another run, or again on this one", timeout=2)
        else:
            self._marked = None
            if marked is not entry:
                self.app.push_screen(CompareScreen(self.session, marked, entry))
            elif len(entry.variants) > 1:
                self.app.push_screen(CompareScreen.of_variants(self.session, entry))
        self._draw()

    def action_filter(self) -> None:
        self.query_one(PromptBar).open(FILTER, "/", self._filter)

    def action_rename(self) -> None:
        entry = self.current
        if entry is not None and not self._refuses_open(entry):
            self._renamed = entry
            self.query_one(PromptBar).open(RENAME, "new name", displayable(entry.name))

    def action_delete(self) -> None:
        entry = self.current
        if entry is None or self._refuses_open(entry):
            return
        from engine.runs.keeping import delete_run, restore_run

        try:
            deleted = delete_run(entry.directory)
        except UserError as error:
            self._refuse(in_one_line(error.message, error.hint))
            return
        name = deleted.origin.name
        self._done.append((f"'{name}' is back", lambda: restore_run(name)))
        key = keys_on(self)["undo"]
        self._say(f"'{name}' is deleted; {key} has it back, and so has: illusion-tui runs restore")
        self.read()

    def action_undo(self) -> None:
        if not self._done:
            self._say("nothing to take back; 'illusion-tui runs restore NAME' has older ones back")
            return
        said, undo = self._done.pop()
        try:
            directory = undo()
        except UserError as error:
            self._refuse(in_one_line(error.message, error.hint))
        else:
            self._say(said)
            self.read(directory.name)

    def action_back(self) -> None:
        """Clear the mark, else the filter, else go back."""
        if self._marked is not None:
            self._marked = None
            self._draw()
        elif self._filter:
            self._leave_prompt("")
        elif self._over_a_run:
            self.dismiss()

    # -- the line that is typed in --------------------------------------------------------------

    @on(Input.Changed, "#prompt-input")
    def _typed(self, message: Input.Changed) -> None:
        if self.query_one(PromptBar).purpose == FILTER:
            self._filter = message.value
            self._draw()

    @on(Input.Submitted, "#prompt-input")
    @on(PromptInput.Left)
    def _entered(self) -> None:
        bar = self.query_one(PromptBar)
        if bar.purpose == FILTER:
            self._leave_prompt(bar.value)
        elif self._rename(bar.value):
            self._leave_prompt(self._filter)

    @on(PromptInput.GivenUp)
    def _given_up(self) -> None:
        filtering = self.query_one(PromptBar).purpose == FILTER
        self._leave_prompt("" if filtering else self._filter)

    def _leave_prompt(self, filter_text: str) -> None:
        """Put the line away; a filter stays to be seen."""
        self._filter = filter_text.strip()
        bar = self.query_one(PromptBar)
        bar.put_away()
        if self._filter:
            bar.open(FILTER, "/", self._filter)
        self.table.focus()
        self._draw()

    def _rename(self, name: str) -> bool:
        """Rename the run that is asked about; tells whether it has the name now."""
        entry = self._renamed
        if entry is None or displayable(entry.name) == name:
            return True
        from engine.runs.keeping import rename_run

        try:
            renamed = rename_run(entry.directory, name)
        except UserError as error:
            self.query_one(PromptBar).note(error.message, alarm=True)
            return False
        old = entry.name
        self._done.append((f"'{old}' has its name again", lambda: rename_run(renamed, old)))
        self.read(name)
        return True

    @property
    def _over_a_run(self) -> bool:
        return any(isinstance(screen, InspectScreen) for screen in self.app.screen_stack)

    # -- what is refused ------------------------------------------------------------------------

    @property
    def _scoring(self) -> bool:
        """Whether the run that is open is being scored."""
        return self.session.running and self.state.live and self.state.seconds is None

    def _is_open(self, entry: RunEntry) -> bool:
        """Whether the list lies over this run."""
        opened = self.state.directory
        if not opened:
            return False
        return Path(opened).resolve() == entry.directory.resolve()

    def _refuses_open(self, entry: RunEntry) -> bool:
        """Whether the list lies over this run; then it says so."""
        if self._is_open(entry):
            self._refuse("this run is open; open another one first")
            return True
        return False

    def _refuse(self, text: str) -> None:
        self.notify(displayable(text), severity="error", markup=False)

    def _say(self, text: str) -> None:
        self.notify(displayable(text), markup=False)


def _words(entry: RunEntry) -> str:
    """What the filter looks at."""
    items = entry.manifest.items.source if entry.manifest else ""
    parts = (entry.name, entry.model, *entry.recipes, items, entry.state or "")
    return " ".join(parts).casefold()
