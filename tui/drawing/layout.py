"""Which columns a table of so many cells has room for, and how wide they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tui.drawing.columns import (
    BACK,
    CATALOGUE,
    MARK,
    MARK_AND_BACK,
    MIDDLE_FORMS,
    NARROW_FORMS,
    OTHERS,
    QUESTION,
    SHOWN,
    VARIANT,
    Column,
)
from tui.state.column_choice import ColumnChoice

MIDDLE_CELLS, WIDE_CELLS = 104, 176
"""From so many cells on a table is of the middle size, or wide."""

NARROW_KEYS = (
    "question",
    "variant",
    "outcome",
    "gold",
    "dense",
    "choice",
    "gold_rank",
    "gold_probability",
)
MIDDLE_KEYS = (*NARROW_KEYS, "language", "worst")
WIDE_KEYS = (*MIDDLE_KEYS, "kl_vocabulary", "back")
"""The columns of each size, where nobody chose: those that give way last come first."""

SPARE_KEYS = (SHOWN.key, *(column.key for column in OTHERS), "word")
SPARE_CELLS = 30
"""In a wide table these are shown as well where so many cells are left for the texts of others."""

KEPT = (QUESTION.key, VARIANT.key)
"""Without these a row tells nothing: they stay before those that somebody chose."""

AS_IT_IS = ColumnChoice()


@dataclass(frozen=True)
class Layout:
    """The columns with their widths; `gap` cells stand between two of them."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    gap: int

    def at(self, x: int) -> Column | None:
        """The column at a cell, the gap before it included."""
        edge = 0
        for column, width in zip(self.columns, self.widths, strict=True):
            edge += width + self.gap
            if x < edge:
                return column
        return None


@dataclass(frozen=True)
class _Size:
    keys: tuple[str, ...]
    spare: tuple[str, ...]
    forms: Mapping[str, Column]
    gap: int


_NARROW = _Size(NARROW_KEYS, (), NARROW_FORMS, 1)
_MIDDLE = _Size(MIDDLE_KEYS, (), MIDDLE_FORMS, 2)
_WIDE = _Size(WIDE_KEYS, SPARE_KEYS, MappingProxyType({}), 2)


def layout(
    width: int, choice: ColumnChoice = AS_IT_IS, lacking: Collection[str] = frozenset()
) -> Layout:
    """Choose columns and share the room; the widths and gaps sum to `width` where it suffices.

    Args:
        width: cells of the table.
        choice: which columns are wanted, and in what order.
        lacking: those that the run has nothing for; they are shown only where they are chosen.
    """
    size = _NARROW if width < MIDDLE_CELLS else _MIDDLE if width < WIDE_CELLS else _WIDE
    columns = _taken(width, size, choice, lacking)
    gaps = size.gap * (len(columns) - 1)
    room = max(width - sum(column.width for column in columns) - gaps, 0)
    weights = sum(column.weight for column in columns)
    widths = [
        column.width + (room * column.weight // weights if weights else 0) for column in columns
    ]
    heaviest = max(range(len(columns)), key=lambda place: columns[place].weight)
    widths[heaviest] += max(width - sum(widths) - gaps, 0)
    return Layout(columns, tuple(widths), size.gap)


def _taken(
    width: int, size: _Size, choice: ColumnChoice, lacking: Collection[str]
) -> tuple[Column, ...]:
    """The columns that there is room for, in their order."""
    ranked = list(_ranked(size, choice, lacking))
    forms = {**CATALOGUE, **size.forms}
    if BACK.key not in ranked:
        # What brought an answer back is told beside the mark then.
        forms[MARK.key] = MARK_AND_BACK
    taken: list[str] = []
    room = width
    for key in ranked:
        cells = forms[key].width + (size.gap if taken else 0)
        spare = SPARE_CELLS if key in size.spare and key not in choice.on else 0
        if cells + spare <= room or not taken:
            taken.append(key)
            room -= cells
    return tuple(forms[key] for key in choice.ordered(tuple(CATALOGUE)) if key in taken)


def _ranked(size: _Size, choice: ColumnChoice, lacking: Collection[str]) -> Iterator[str]:
    """What is wanted, what gives way last first; the question where nothing is."""
    wanted = dict.fromkeys((*KEPT, *choice.on, *size.keys, *size.spare))
    found = [
        key
        for key in wanted
        if key in CATALOGUE and key not in choice.off and (key not in lacking or key in choice.on)
    ]
    yield from found or (QUESTION.key,)
