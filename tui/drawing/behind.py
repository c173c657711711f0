"""Figures that have items behind them: texts that carry the filter which shows these items."""

from __future__ import annotations

from typing import NamedTuple

from tui.drawing.lines import Line, width_of


class Behind(NamedTuple):
    """The items that a figure counts.

    Attributes:
        filter: that shows them; empty for all items.
        variant: under which variant; empty for the one that the page is about.
    """

    filter: str
    variant: str = ""


class Linked(str):
    """A text with items behind it. Whatever makes another text of it loses them."""

    __slots__ = ("behind",)
    behind: Behind

    def __new__(cls, text: str, behind: Behind) -> Linked:
        linked = super().__new__(cls, text)
        linked.behind = behind
        return linked


class Place(NamedTuple):
    """Where a figure stands: its line, its first cell, and the cell after its last."""

    line: int
    start: int
    end: int
    behind: Behind


def linked(text: str, filter_text: str | None, count: float, variant: str = "") -> str:
    """A text with the items behind it, where there are any and a filter for them."""
    if filter_text is None or not count:
        return text
    return Linked(text, Behind(filter_text, variant))


def places(lines: list[Line]) -> list[Place]:
    """Where the figures of a page stand, without the spaces around them, in reading order."""
    found = []
    for number, line in enumerate(lines):
        for index, (text, _) in enumerate(line):
            if isinstance(text, Linked):
                start = width_of(line[:index]) + len(text) - len(text.lstrip())
                end = start + width_of([(text.strip(), "")])
                found.append(Place(number, start, end, text.behind))
    return found
