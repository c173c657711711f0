"""Lines of painted text: wrapping in cells, without a terminal or Textual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from engine.text import fit, graphemes, isolated, reserved, truncated

Piece = tuple[str, str]
"""Displayable text, and the name of its paint ("" for none)."""

Line = list[Piece]

LONGEST = 40_000
"""Characters of one text that are laid out; nobody scrolls further."""


def width_of(line: Iterable[Piece]) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def wrap(pieces: Iterable[Piece], width: int, *, indent: int = 0) -> list[Line]:
    """Break pieces into lines of at most `width` cells; later lines begin with `indent` spaces.

    Breaks after spaces but not before "%", and between wide characters, inside a word only where
    it is wider than a line, never inside a grapheme. A newline always breaks.
    """
    width = max(width, indent + 2)
    cells = _graphemes(pieces)
    lines: list[Line] = []
    start = 0
    while start < len(cells) or not lines:
        room = width - (indent if lines else 0)
        end, resume = _line_end(cells, start, room)
        lead: Line = [(" " * indent, "")] if lines and indent else []
        lines.append(lead + _settled(_merged(cells[start:end])))
        start = resume
    return lines


def one_line(pieces: Iterable[Piece], width: int) -> Line:
    """Pieces in one line, cut with an ellipsis."""
    left = width
    line: Line = []
    for text, paint in pieces:
        if left <= 0:
            break
        shown = reserved(isolated(truncated(text, left)))
        line.append((shown, paint))
        left -= cell_len(shown)
    return line


def columns(blocks: Sequence[Sequence[Line]], widths: Sequence[int], gap: int) -> list[Line]:
    """Blocks of lines next to each other, each padded to its width."""
    height = max((len(block) for block in blocks), default=0)
    lines: list[Line] = []
    for y in range(height):
        line: Line = []
        for number, (block, width) in enumerate(zip(blocks, widths, strict=True)):
            cell = list(block[y]) if y < len(block) else []
            padding = width - width_of(cell) + (gap if number < len(blocks) - 1 else 0)
            line += [*cell, (" " * max(padding, 0), "")]
        lines.append(line)
    return lines


def cropped(line: Line, width: int) -> Line:
    """The line in at most `width` cells."""
    left = width
    pieces: Line = []
    for text, paint in line:
        cells = cell_len(text)
        if cells > left:
            return [*pieces, (fit(text, left), paint)] if left else pieces
        pieces.append((text, paint))
        left -= cells
    return pieces


_Cell = tuple[str, int, str]


def _graphemes(pieces: Iterable[Piece]) -> list[_Cell]:
    cells: list[_Cell] = []
    for text, paint in pieces:
        for number, part in enumerate(text[:LONGEST].split("\n")):
            if number:
                cells.append(("\n", 0, paint))
            cells += [(part[start:end], size, paint) for start, end, size in graphemes(part)]
    return cells


def _line_end(cells: Sequence[_Cell], start: int, room: int) -> tuple[int, int]:
    """Where the line that begins at `start` ends, and where the next one begins."""
    used = 0
    breakable = start
    index = start
    while index < len(cells):
        text, size, _ = cells[index]
        if text == "\n":
            return index, index + 1
        if used + size > room:
            if text == " ":
                return index, index + 1
            end = breakable if breakable > start else max(index, start + 1)
            return end, end
        used += size
        index += 1
        # A number and its "%" stay together.
        percent = index < len(cells) and cells[index][0] == "%"
        if (text == " " and not percent) or size == 2:
            breakable = index
    return index, index


def _merged(cells: Iterable[_Cell]) -> Line:
    line: Line = []
    for text, _, paint in cells:
        if line and line[-1][1] == paint:
            line[-1] = (line[-1][0] + text, paint)
        else:
            line.append((text, paint))
    return line


def _settled(line: Line) -> Line:
    return [(reserved(isolated(text)), paint) for text, paint in line]
