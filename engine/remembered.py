"""Small files of what was found out and would take a while to find out again, with a checksum."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.files import write_atomically
from engine.records.errors import UserError

T = TypeVar("T")


def remembered(file: Path, kind: type[T]) -> dict[str, T]:
    """What a file has; nothing where it can't be read or is damaged: all is then found out anew."""
    try:
        content, _, end = file.read_bytes().rpartition(b"\n")
    except OSError:
        return {}
    if end != _end(content):
        return {}
    try:
        found: dict[str, T] = msgspec.json.decode(content, type=dict[str, kind])  # type: ignore[valid-type]
    except msgspec.DecodeError:
        # Another version has written it.
        return {}
    return found


def keep_remembered(file: Path, entries: Mapping[str, object]) -> None:
    """Write such a file, and its directory where it is missing.

    Where the disk refuses, it is as before.
    """
    content = msgspec.json.encode(entries)
    with suppress(OSError, UserError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, content + b"\n" + _end(content))


def _end(content: bytes) -> bytes:
    return b"%08x" % zlib.crc32(content)
