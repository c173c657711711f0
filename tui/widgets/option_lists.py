"""Textual's lists of options, whose keys wait until they are laid out.

Page Up and Page Down at once after a list opens look for lines that aren't there yet, and end the
app.
"""

from __future__ import annotations

from typing import TypeVar

from textual._widget_navigation import Direction
from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette
from textual.widgets import Select
from textual.widgets._select import SelectCurrent, SelectOverlay

T = TypeVar("T")


class Palette(CommandPalette):
    """The command palette."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


class Choice(Select[T]):
    """One of several options."""

    def compose(self) -> ComposeResult:
        """As Textual's own, with a list that waits."""
        yield SelectCurrent(self.prompt)
        yield _Overlay(type_to_search=self._type_to_search).data_bind(compact=Select.compact)


class _Overlay(SelectOverlay):
    """The list of a choice."""

    def _move_page(self, direction: Direction) -> None:
        if self.scrollable_content_region:
            super()._move_page(direction)
