"""A screen of lines under a title, over the inspector."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine.text import displayable, truncated
from tui.actions import SHOW, Action
from tui.drawing.lines import Line
from tui.screens.base import RunScreen
from tui.state.state import Change
from tui.widgets.boards import KeyBoard
from tui.widgets.paint import Board, Sheet

BACK = Action("escape", "close", "back", "Go back.", SHOW, shown="esc", footer=0)


class TitleBoard(Board):
    """One line: what the page is about, and its subject."""

    def __init__(self) -> None:
        super().__init__(id="title")
        self._texts = ("", "")

    def show(self, title: str, subject: str) -> None:
        self._texts = (title, subject)
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        """The title on the left, its subject beside it."""
        title, subject = self._texts
        room = max(width - len(title) - 6, 4)
        return [[(f" {title}   ", "title"), (truncated(displayable(subject), room), "dim")]]


class PageSheet(Sheet):
    """A page's lines; the arrows scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False, id="down"),
        Binding("k", "scroll_up", show=False, id="up"),
        Binding("g", "scroll_home", show=False, id="first"),
        Binding("G", "scroll_end", show=False, id="last"),
        Binding("space,ctrl+d", "page_down", show=False, id="page-down"),
        Binding("ctrl+u", "page_up", show=False, id="page-up"),
    ]


class PageScreen(RunScreen):
    """Lines that scroll under a title; a subclass draws them by `present`."""

    AUTO_FOCUS = "#page"
    SILENT: ClassVar[tuple[type[Widget], ...]] = (PageSheet,)
    ACTIONS: ClassVar[tuple[Action, ...]] = (BACK,)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield PageSheet(id="page")
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self.draw()

    def changed(self, change: Change) -> None:
        self.draw()

    def draw(self) -> None:
        """Show the page; subclasses call `present`."""
        raise NotImplementedError

    def present(self, title: str, subject: str, lay_out: Callable[[int], list[Line]]) -> None:
        self.query_one(TitleBoard).show(title, subject)
        self.query_one("#page", Sheet).show(lay_out)

    def texts(self) -> list[str]:
        return self.query_one("#page", Sheet).texts()

    def action_close(self) -> None:
        self.dismiss()
