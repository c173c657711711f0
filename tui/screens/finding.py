"""Jumping to an item by its id or by its text, with all others still there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.widgets import Input

from tui.actions import FIND, Action
from tui.screens.items import ItemsScreen
from tui.state.finding import Found, find
from tui.state.session import Session
from tui.widgets.find import FindBar, FindInput
from tui.widgets.item_table import ItemTable

if TYPE_CHECKING:
    import polars as pl

NOT_YET = "the items are still being read"


class FindingScreen(ItemsScreen):
    """A screen whose items can be jumped to; a subclass composes a `FindBar` as well."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "f",
            "find",
            "find",
            "Jump to an item by its id, or by text of its question, gold or answers.",
            FIND,
        ),
        Action("right_curly_bracket", "match(1)", "next match", "Go to it.", FIND, shown="}"),
        Action("left_curly_bracket", "match(-1)", "previous match", "Go to it.", FIND, shown="{"),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._found = Found("", (), ())
        self._frame: pl.DataFrame | None = None
        self._begun_at: int | None = None
        self._looked_for = asyncio.Event()
        self._step = 0

    def on_mount(self) -> None:
        self._follow_find()

    @property
    def find_bar(self) -> FindBar:
        return self.query_one(FindBar)

    def action_find(self) -> None:
        self._begun_at = self.table.number
        self.find_bar.open()

    def action_match(self, by: int) -> None:
        """Go to the next match, or the previous one; ask for a text where there is none yet."""
        if self._text:
            self.find_bar.display = True
            self._look(by)
        else:
            self.action_find()

    def leave_find(self) -> bool:
        """Put the line away; tells whether it was there."""
        shown: bool = self.find_bar.display
        self.find_bar.put_away()
        return shown

    @on(Input.Changed, "#find-text")
    def _text_changed(self) -> None:
        self._look(0)

    @on(FindInput.Stepped)
    def _stepped(self, message: FindInput.Stepped) -> None:
        if self._text:
            self._look(message.by)

    @on(Input.Submitted, "#find-text")
    def _text_done(self, message: Input.Submitted) -> None:
        if not message.value.strip():
            self.find_bar.put_away()
        self.table.focus()

    @on(FindInput.GivenUp)
    def _given_up(self) -> None:
        """Go back to where one was."""
        self.find_bar.put_away()
        self.table.focus()
        if self._begun_at in self.table.numbers:
            self.table.go_to(self.table.numbers.index(self._begun_at))

    @on(ItemTable.Highlighted)
    def _moved(self) -> None:
        if self.find_bar.display and self._known:
            self._note()

    # -- looking ------------------------------------------------------------------------------

    @property
    def _text(self) -> str:
        return self.find_bar.value.strip()

    @property
    def _known(self) -> bool:
        """Whether what was found is of this text, among the items as they are."""
        found = self._found
        return (
            self._frame is self.browser.frame
            and found.text == self._text
            and found.numbers == self.table.numbers
        )

    def _look(self, step: int) -> None:
        """Go to the first match from where one began (0), or to the next or previous one."""
        if self._known:
            self._jump(step)
        else:
            self._step = step
            self._looked_for.set()

    @work(group="find-text")
    async def _follow_find(self) -> None:
        """Look for what was asked last, in a thread: of a large run that takes a while."""
        while await self._looked_for.wait():
            self._looked_for.clear()
            text, frame, numbers = self._text, self.browser.frame, self.table.numbers
            if not text or frame is None:
                self.find_bar.note(NOT_YET if text else "")
                continue
            asked = self.state.asked_frame(self.variant)
            self._found = await asyncio.to_thread(find, frame, asked, numbers, text)
            self._frame = frame
            if self._known:
                self._jump(self._step)
            elif self._text:
                self._looked_for.set()

    def _jump(self, step: int) -> None:
        found, table = self._found, self.table
        if step:
            place = found.step(table.index, step)
        else:
            begun = self._begun_at
            place = found.nearest(table.numbers.index(begun) if begun in table.numbers else 0)
        if place is not None:
            table.go_to(place)
        self._note()

    def _note(self) -> None:
        found = self._found
        self.find_bar.note(found.count_text(self.table.index), alarm=not found.places)
