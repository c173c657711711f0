"""A field for a line of text, in which nothing acts and nothing hides."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.expand_tabs import expand_tabs_inline
from textual.widgets import Input

from engine.text import in_place


class LineInput(Input):
    """Draws what was pasted, or comes from a run, with its control characters visible.

    The value itself stays as it is: a word that is looked for may hold them.
    """

    @property
    def _value(self) -> Text:
        return Text(in_place(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(expand_tabs_inline(in_place(self.value)[:position], 4))
