"""Rows of an items file: JSON Lines, CSV or Parquet.

Rows are numbered as a person sees them: by the line of a JSON Lines file, by the row that a
spreadsheet shows for a CSV file (the heading is row 1), by the record of a Parquet file (from 1).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from engine.records.errors import UserError, shortened
from engine.records.lines import decode_json
from engine.user_files import read_file

SUFFIXES = (".jsonl", ".csv", ".parquet")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SEPARATOR = "|"
"""Between the entries of a list in a CSV cell."""
JSON_LIST = '["Paris", "Rome"]'
SHOWN = 60
"""Characters of a value in an error."""

Row = tuple[int, dict[str, Any]]


def read_rows(path: Path, *, lists: Sequence[str] = ()) -> list[Row]:
    """The rows of a file, each with its number.

    Args:
        path: a `.jsonl`, `.csv` or `.parquet` file.
        lists: the columns that hold lists; a CSV cell writes one as `Paris | Rome`, or as a JSON
            array where an entry holds a `|`. An empty CSV cell is an absent value.

    Raises:
        UserError: the file can't be read, or isn't what its name says; the error names the row.
    """
    data = read_bytes(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        rows = list(parquet_rows(data, path))
    elif suffix == ".csv":
        rows = list(csv_rows(decode_text(data, path), path, lists=lists))
    elif suffix == ".jsonl":
        rows = list(json_lines(decode_text(data, path), path))
    else:
        accepted = ", ".join(SUFFIXES)
        raise UserError(f"{path}: not an items file", f"Accepted file types: {accepted}.")
    if not rows:
        raise UserError(f"{path}: the file has no items", "Give at least one item.")
    return rows


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        UserError: there is no such file, or it can't be read.
    """
    try:
        return read_file(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file", "Check the path.") from error
    except IsADirectoryError as error:
        raise UserError(f"{path}: is a directory", "Name a file inside it.") from error
    except OSError as error:
        raise UserError(f"{path}: can't be read: {error.strerror}", "Check the path.") from error


def decode_text(data: bytes, path: Path) -> str:
    """The text of a UTF-8 file; a byte order mark is dropped.

    Raises:
        UserError: a byte isn't UTF-8; the error names its row and offset.
    """
    body = data.removeprefix(BYTE_ORDER_MARK)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        row = body.count(b"\n", 0, error.start) + 1
        offset = error.start + len(data) - len(body)
        message = f"{path} row {row}: not UTF-8 at byte {offset} (0x{body[error.start]:02x})"
        raise UserError(message, "Save the file as UTF-8.") from error


def json_lines(text: str, path: Path) -> Iterator[Row]:
    """The objects of a JSON Lines text; blank lines are skipped.

    Raises:
        UserError: a line isn't a JSON object; the error names the row.
    """
    # Only "\n" ends a row: splitlines() would also cut at U+2028 inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = decode_json(line)
        except msgspec.DecodeError as error:
            message = f"{path} row {number}: invalid JSON: {error}"
            raise UserError(message, "Each row is one JSON object on one line.") from error
        if not isinstance(row, dict):
            message = f"{path} row {number}: expected a JSON object, got {describe(row)}"
            raise UserError(message, 'A row looks like {"question": "…", "gold": "…"}.')
        yield number, row


def csv_rows(
    text: str,
    path: Path,
    *,
    lists: Sequence[str] = (),
    headings: Sequence[str] = (),
    delimiter: str = ",",
) -> Iterator[Row]:
    """The rows of a CSV text under its heading; an empty cell is an absent value.

    Args:
        text: of the whole file.
        path: of the file, for errors.
        lists: the columns whose cells are lists: `a | b`, or a JSON array.
        headings: the columns of a file whose first row isn't a heading.
        delimiter: between cells.

    Raises:
        UserError: a row isn't valid; the error names it.
    """
    # The module's limit on a cell (131,072 characters) is too low for passages.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    number = 0
    try:
        records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        first = next(records, [])
        bare = bool(headings) and headings[0] not in first
        heading = list(headings) if bare else [name.strip() for name in first]
        number = 1
        repeated = [name for name, times in Counter(heading).items() if times > 1]
        if repeated:
            message = f"{path} row 1: the column {shortened(repeated[0])!r} appears twice"
            raise UserError(message, "Give each column once.")
        for number, cells in enumerate(chain([first] if bare else [], records), start=2 - bare):
            if not any(cells):
                continue
            if len(cells) != len(heading):
                message = f"{path} row {number}: expected {len(heading)} cells, got {len(cells)}"
                raise UserError(message, "Put cells that hold commas or newlines in quotes.")
            named = zip(heading, cells, strict=True)
            yield (
                number,
                {
                    name: _list_cell(cell, f"{path} row {number}, field {name}")
                    if name in lists
                    else cell
                    for name, cell in named
                    if cell != ""
                },
            )
    except csv.Error as error:
        message = f"{path} row {number + 1}: invalid CSV: {error}"
        raise UserError(message, "Double the quotes inside a quoted cell.") from error


def _list_cell(cell: str, where: str) -> list[Any]:
    """The entries of a cell: a JSON array's, or the texts between `|`, stripped."""
    try:
        value = decode_json(cell)
    except msgspec.DecodeError:
        value = None
    if isinstance(value, list):
        return value
    written = cell.strip()
    if written.startswith('["') or (written.startswith("[") and SEPARATOR not in written):
        message = f"{where}: expected a list, got {describe(cell)}, which is no JSON array"
        raise UserError(message, f"A list in a cell is written Paris | Rome, or {JSON_LIST}.")
    entries = [entry.strip() for entry in cell.split(SEPARATOR)]
    if "" in entries:
        message = f"{where}: entry {entries.index('') + 1} of {describe(cell)} is empty"
        raise UserError(
            message, f"An entry that holds a '{SEPARATOR}' needs a JSON array: {JSON_LIST}."
        )
    return entries


def parquet_rows(data: bytes, path: Path) -> Iterator[Row]:
    """The rows of a Parquet file, numbered from 1.

    Raises:
        UserError: the data isn't Parquet.
    """
    # Only this format needs polars, and importing it takes a while.
    from engine.items.parquet import read_table

    yield from enumerate(read_table(data, path).iter_rows(named=True), start=1)


def describe(value: object) -> str:
    """A value as an error names it, shortened."""
    kinds: dict[type, str] = {
        str: "the text",
        int: "the number",
        float: "the number",
        list: "the list",
        dict: "the object",
    }
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{kinds.get(type(value), 'the value')} {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        value = value[: SHOWN + 1]
        shown = repr(value) if value.isprintable() else ascii(value)
    else:
        try:
            shown = repr(value)
        except (RecursionError, ValueError):
            # Nested without end, or a number of thousands of digits.
            return "that is too long to show"
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
