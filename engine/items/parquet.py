"""Tables in Parquet, whatever state the file is in."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow
import pyarrow.parquet

from engine.records.errors import UserError


def read_table(data: bytes, path: Path) -> pl.DataFrame:
    """The table in a Parquet file's content.

    Arrow reads it: at a damaged length, polars' own reader asks for exabytes and ends the process.

    Raises:
        UserError: it isn't Parquet, or is damaged.
    """
    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
        table.validate(full=True)
        with _silent():
            return pl.DataFrame(pl.from_arrow(table))
    except (
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        pyarrow.ArrowException,
        OSError,
        ValueError,
        MemoryError,
    ) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        message = f"{path}: not a Parquet file: {reason}"
        raise UserError(message, "Write it with polars, pandas or datasets.") from error


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without what Rust itself writes to standard error when it meets what it didn't expect."""
    try:
        kept = os.dup(2)
    except OSError:
        # Closed: nothing can be written there.
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
