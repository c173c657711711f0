"""A report as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from engine.analysis.summary import Summary
from engine.reports.figures import Section, Table
from engine.reports.report import sections
from engine.text import displayable


def render_text(summary: Summary) -> str:
    """The report for standard output, n beside every percentage; ends with a newline."""
    return render_sections(sections(summary))


def render_sections(parts: Sequence[Section]) -> str:
    """Sections with their tables aligned; ends with a newline."""
    return "\n\n".join("\n".join(_lines(section)) for section in parts) + "\n"


def _lines(section: Section) -> list[str]:
    table = _aligned(section.table) if section.table else []
    return [displayable(section.title), *table, *(displayable(line) for line in section.lines)]


def _aligned(table: Table) -> list[str]:
    """The first column flush left, the others flush right."""
    rows = [[displayable(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            _padded(cell, width, left=number == 0)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _padded(cell: str, width: int, *, left: bool) -> str:
    padding = " " * (width - cell_len(cell))
    return cell + padding if left else padding + cell
