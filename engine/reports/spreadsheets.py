"""Text of models and data sets in a table that a spreadsheet opens.

A spreadsheet takes a cell that begins with "=", "+", "-" or "@" for a formula, which may run a
program or send what other cells hold. Such a cell gets an apostrophe in front, which says that it
is text; one that is a plain number (-5) stays, since there is nothing to run. Control characters,
which act on a terminal that prints the file, become visible symbols; line ends and tabs stay.
"""

from __future__ import annotations

import re

import polars as pl

from engine.text import harmless

TEXT = "'"

# Some spreadsheets skip spaces before a formula, and take full-width signs for plain ones.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*\s?%?")


def harmless_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with the cells of its text columns made harmless."""
    return frame.with_columns(
        pl.Series(column.name, [_cell(text) for text in column], dtype=pl.String)
        for column in frame.iter_columns()
        if column.dtype == pl.String
    )


def _cell(text: str | None) -> str | None:
    if text is None:
        return None
    runs = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"{TEXT if runs else ''}{harmless(text)}"
