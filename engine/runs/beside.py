"""Adding to a file beside a run's log, by the process that holds the run's lock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.records.errors import UserError
from engine.records.lines import encode_line
from engine.runs.sealing import sealed


def append_records(
    path: Path, intact: int, records: Iterable[msgspec.Struct], run: int, then: str
) -> int:
    """Put records on disk after the intact part of a file, all of them in one write.

    Args:
        path: of the file, which is made where it is missing.
        intact: its bytes without a torn last line; what is behind them goes.
        records: a line each, with its checksum.
        run: number of the run (`engine.runs.sealing`).
        then: what to do once the disk has room, for an error's hint.

    Returns:
        The bytes that are intact now.

    Raises:
        UserError: the disk refuses.
    """
    data = b"".join(sealed(encode_line(record), run) for record in records)
    try:
        with path.open("ab") as file:
            file.truncate(intact)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(
            f"{path} can't be written: {error.strerror}",
            f"Make room on that disk, then {then}.",
            status=1,
        ) from error
    return intact + len(data)
