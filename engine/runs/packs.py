"""A run, or chosen items of it, in one file that opens without model and network.

A zip archive of the files of a run directory, and of their hashes; what was noted, asked and found
as a remedy is in it where the run has it. Nothing in it is ever run: JSON is all that is read, and
only members of these names.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.files import directory_written_atomically
from engine.records.errors import UserError
from engine.runs.annotations import ANNOTATIONS
from engine.runs.asked import ASKED
from engine.runs.directories import runs_directory
from engine.runs.reading import ITEMS, LOG, MANIFEST
from engine.runs.remedies import REMEDIES

PACK = "pack.json"
MEMBERS = (MANIFEST, ITEMS, LOG)
BESIDE = (ANNOTATIONS, ASKED, REMEDIES)
"""What is in a pack where the run has it."""
FORMAT = 1
MOST_BYTES = 2 << 30
"""More than this is not unpacked."""


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """What a pack says of itself: `hashes` has the SHA-256 of every other member."""

    format: int
    hashes: dict[str, str]


def read_pack(file: Path) -> dict[str, bytes]:
    """The files of the run in a pack, by name.

    Raises:
        UserError: it is no pack, of another version, or damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = sorted(archive.namelist())
            needed = {PACK, *MEMBERS}
            if len(names) != len(set(names)) or not needed <= set(names) <= needed | set(BESIDE):
                raise _no_pack(file)
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise UserError(f"{file} holds more than 2 GiB", "Pack fewer items with --filter.")
            members = {name: archive.read(name) for name in names}
    except zipfile.BadZipFile as error:
        raise _no_pack(file) from error
    except OSError as error:
        raise UserError(
            f"{file} can't be read: {error.strerror or error}", "Check that the file is there."
        ) from error
    except (RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        raise _damaged(file) from error
    try:
        pack = msgspec.json.decode(members.pop(PACK), type=Pack)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(file) from error
    if pack.format != FORMAT:
        raise UserError(
            f"{file} is packed in format {pack.format}, but this version reads {FORMAT}",
            "Open it with the version of illusion-tui that wrote it.",
        )
    if pack.hashes != hashes_of(members):
        raise _damaged(file)
    return members


def unpack(file: Path, directory: Path) -> None:
    """Make a run directory of a pack; it appears whole or not at all.

    Args:
        file: the pack.
        directory: does not exist yet.

    Raises:
        UserError: the pack can't be read, or the directory can't be written.
    """
    members = read_pack(file)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with directory_written_atomically(directory) as scratch:
            for name, data in members.items():
                (scratch / name).write_bytes(data)
    except OSError as error:
        raise UserError(
            f"{file} can't be unpacked to {directory}: {error.strerror}",
            "Check that the directory may be written to, and has room.",
            status=1,
        ) from error


def unpacked(file: Path) -> Path:
    """The directory of a pack's run among the user's runs.

    It is unpacked there once: what is added to it later is kept. Raises as `unpack`.
    """
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    name = re.sub(r"[^\w.]+", "-", file.stem).strip("-.") or "packed"
    directory = runs_directory() / f"{name}-{digest[:8]}"
    if not (directory / MANIFEST).exists():
        unpack(file, directory)
    return directory


def hashes_of(members: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}


def _no_pack(file: Path) -> UserError:
    return UserError(
        f"{file} is no packed run",
        "Name a run directory, or a file that 'illusion-tui pack' wrote.",
    )


def _damaged(file: Path) -> UserError:
    return UserError(
        f"{file} is damaged: its content isn't what was packed",
        "Get the file again, or pack the run again.",
    )
