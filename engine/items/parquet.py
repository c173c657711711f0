"""Tables in Parquet, whatever state the file is in."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from engine.records.errors import UserError


def read_table(data: bytes, path: Path) -> pl.DataFrame:
    """The table in a Parquet file's content.

    Raises:
        UserError: it isn't Parquet, or is damaged.
    """
    try:
        with _silent():
            return pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
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
