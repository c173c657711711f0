"""Checksums of the lines in a run directory: a damaged line, or another run's, is not read.

The checksum is the last field of a line's JSON object, so that a line remains what any reader of
JSON Lines understands. That of the log and the items begins with the run's own number: lines that
belong to another run don't match. Lines of versions before 0.2 have none and are read as they are,
in a file that begins with one of them.
"""

from __future__ import annotations

import zlib

from engine.records.errors import UserError
from engine.records.manifest import Manifest

RESTORE = "Restore the file from a copy, or score the items again in another directory."

_BEGIN = b',"crc32":"'
_LENGTH = len(_BEGIN) + len('01234567"}')


def run_number(manifest: Manifest) -> int:
    """What the checksums of a run's lines begin with: the same for runs that score the same items
    under the same recipes of the same model, whose lines are the same."""
    settings = manifest.settings
    named = (manifest.items.hash, settings.model, settings.against, *settings.recipes)
    return zlib.crc32("\n".join(named).encode())


def sealed(line: bytes, number: int = 0) -> bytes:
    """A line, which is a JSON object with its newline, with its checksum in it."""
    body = line.rstrip(b"\n")
    return body[:-1] + _BEGIN + f'{zlib.crc32(body, number):08x}"}}\n'.encode()


def is_sealed(line: bytes) -> bool:
    """Whether a line, with or without its newline, has a checksum, right or wrong."""
    return line.rstrip(b"\n")[-_LENGTH:].startswith(_BEGIN)


def opened(line: bytes, where: str, number: int = 0, *, must: bool = False) -> bytes:
    """A line without its checksum and newline.

    Args:
        line: as it was read, with or without its newline.
        where: what it is called in an error.
        number: of the run.
        must: it must have a checksum, as all lines of a file whose first one has.

    Raises:
        UserError: the checksum is not that of the line, or is missing.
    """
    line = line.rstrip(b"\n")
    seal = line[-_LENGTH:]
    if not seal.startswith(_BEGIN):
        if must:
            raise UserError(f"{where} is damaged: it lacks its checksum", RESTORE)
        return line
    body = line[:-_LENGTH] + b"}"
    if seal[len(_BEGIN) :] != f'{zlib.crc32(body, number):08x}"}}'.encode():
        raise UserError(
            f"{where} is damaged, or belongs to another run: its checksum doesn't match",
            RESTORE,
        )
    return body
