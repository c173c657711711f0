"""Two variants beside each other: figures, outcome against outcome, and items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from engine.analysis.outcomes import OUTCOME_MARKS, verdict_mark
from engine.text import Align, displayable, fit, truncated
from tui.drawing.lines import Line, Piece, one_line, wrap
from tui.drawing.marks import verdict_paint

if TYPE_CHECKING:
    # They bring polars and scipy, which nothing needs before two runs are compared.
    from engine.analysis.comparing import ComparedItem, RunComparison, Standing

ALL = "all"
LABEL_CELLS, GAP, WITH_INTERVALS = 19, 2, 100


class Cell(NamedTuple):
    """A cell of the table of outcomes: the outcome on each side, or `ALL` of them."""

    first: str
    second: str


def figure_lines(comparison: RunComparison, width: int) -> list[Line]:
    """Every measure on the items in common, then what a reader must know."""
    from engine.reports.comparison import MEASURES, measure_cells, notes

    rows = [MEASURES, *map(measure_cells, comparison.measures)]
    if width < WITH_INTERVALS:
        change = MEASURES.index("change")
        rows = [
            tuple(cell.partition(" [")[0] for at, cell in enumerate(row) if at != change)
            for row in rows
        ]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines: list[Line] = []
    for row in rows:
        pieces: list[Piece] = []
        for place, (text, cells) in enumerate(zip(row, widths, strict=True)):
            paint = "dim" if row is rows[0] else "strong" if place == 0 else ""
            align: Align = "left" if place == 0 else "right"
            pieces.append((fit(text, cells + GAP * (place > 0), align=align), paint))
        lines.append(one_line(pieces, width))
    if len(rows) == 1:
        lines = [[("nothing that both have scored", "dim")]]
    for note in notes(comparison):
        paint = "gold" if note.startswith("warning") else "dim"
        lines += wrap([(displayable(note), paint)], width, indent=2)
    return lines


def cell_names(comparison: RunComparison) -> list[str]:
    """The rows and the columns of the table of outcomes, the sums last."""
    return [*comparison.outcomes, ALL]


def cell_count(comparison: RunComparison, cell: Cell) -> int:
    """How many items are in a cell."""
    rows = comparison.outcomes
    return sum(
        count
        for first, row in rows.items()
        for second, count in row.items()
        if cell.first in (first, ALL) and cell.second in (second, ALL)
    )


def cell_items(comparison: RunComparison, cell: Cell) -> list[ComparedItem]:
    """The items in a cell."""
    return [
        item
        for item in comparison.items
        if cell.first in (item.cell[0], ALL) and cell.second in (item.cell[1], ALL)
    ]


def column_width(comparison: RunComparison, width: int) -> int:
    """Cells of a column of the table of outcomes, the gap before it included."""
    return min(max((width - LABEL_CELLS) // len(cell_names(comparison)), 6), 22)


def cross_lines(comparison: RunComparison, width: int) -> list[Line]:
    """Outcome against outcome: the first side's down, the second's across."""
    names, room = cell_names(comparison), column_width(comparison, width)
    lines: list[Line] = [
        [
            (fit("first ↓  second →", LABEL_CELLS), "dim"),
            *((fit(_title(name, room - 1), room, align="right"), name) for name in names),
        ]
    ]
    for first in names:
        line: Line = [(fit(_title(first, LABEL_CELLS - 1), LABEL_CELLS), first)]
        for second in names:
            count = cell_count(comparison, Cell(first, second))
            same = first == second or ALL in (first, second)
            paint = "dim" if same or not count else "strong"
            line.append((fit(f"{count:,}" if count else "·", room, align="right"), paint))
        lines.append(line)
    return [[(text, paint if paint != ALL else "strong") for text, paint in one] for one in lines]


def item_table(items: Sequence[ComparedItem], width: int) -> tuple[Line, list[Line]]:
    """The heading, and a line for each item: question, gold answer, both answers and choices."""
    choice = 7
    room = width - choice - 4 * GAP
    question, gold = room * 3 // 10, room // 6
    first = (room - question - gold) // 2
    widths = (question, gold, first, room - question - gold - first, choice)
    heads = ("question", "gold", "first", "second", "choice")
    heading = _row([[(head, "dim")] for head in heads], widths)
    return heading, [_row(_cells(item), widths) for item in items]


def answer_lines(item: ComparedItem | None, width: int) -> list[Line]:
    """Both answers of an item as far as a line goes."""
    if item is None:
        return []
    lines = []
    for name, side in (("first", item.first), ("second", item.second)):
        outcome = side.outcome or "unknown"
        head = [(f" {name:6} ", "dim"), (fit(_title(outcome, 18), 19), side.outcome or "dim")]
        lines.append(one_line([*head, *_answer(side)], width))
    return lines


def _cells(item: ComparedItem) -> list[list[Piece]]:
    sides = (item.first, item.second)
    choices = [verdict_mark(side.choice_correct) for side in sides]
    return [
        [(displayable(item.question), "")],
        [(displayable(item.gold), "")],
        *(_answer(side) for side in sides),
        [(" → ".join(choices), "")],
    ]


def _answer(side: Standing) -> list[Piece]:
    mark = (f"{verdict_mark(side.open_correct)} ", verdict_paint(side.open_correct))
    return [mark, ("" if side.answer is None else displayable(side.answer.strip()), "")]


def _row(cells: Sequence[list[Piece]], widths: Sequence[int]) -> Line:
    line: Line = []
    for pieces, width in zip(cells, widths, strict=True):
        if line:
            line.append((" " * GAP, ""))
        shown = one_line(pieces, width)
        used = sum(cell_len(text) for text, _ in shown)
        line += [*shown, (" " * (width - used), "")]
    return line


def _title(name: str, room: int) -> str:
    mark = f"{OUTCOME_MARKS[name]} " if name in OUTCOME_MARKS else ""
    return truncated(f"{mark}{name}", room)
