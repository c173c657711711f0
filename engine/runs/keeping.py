"""Renaming runs, and deleting them so that they can be had back."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from engine.files import write_atomically
from engine.records.errors import UserError
from engine.runs.busy import refuse_busy
from engine.runs.directories import runs_directory
from engine.runs.known import exists, known_runs, nearest, remember
from engine.runs.reading import read_manifest
from engine.text import displayable

ORIGIN = "origin.json"
STAMP = "%Y%m%dT%H%M%S.%f"
FORBIDDEN = "/\\:"
"""In names: what separates the parts of a path, and a run from its variant."""


class DeletedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run in the trash: where it is, where it was, and since when (UTC, ISO 8601)."""

    trash: Path
    origin: Path
    deleted: str


class _Origin(msgspec.Struct, frozen=True, kw_only=True):
    directory: str
    deleted: str


def rename_run(directory: Path, name: str) -> Path:
    """Give a run another name, and its directory with it; returns the new directory.

    Raises:
        UserError: there is no run, it is being written, or the name can't be had.
    """
    read_manifest(directory)
    _require_name(name)
    directory = directory.resolve()
    target = directory.with_name(name)
    if exists(target) or name in {known.name for known in known_runs()}:
        raise UserError(f"there is a run '{name}' already", "Choose another name.")
    refuse_busy(directory)
    try:
        directory.rename(target)
    except OSError as error:
        raise _immovable(directory, error) from error
    remember(target)
    return target


def delete_run(directory: Path) -> DeletedRun:
    """Move a run into the trash, from where `restore_run` brings it back.

    Raises:
        UserError: there is no run, it is being written, or it can't be moved.
    """
    read_manifest(directory)
    directory = directory.resolve()
    refuse_busy(directory)
    now = datetime.now(UTC)
    place = trash_directory() / f"{_stamp(now)}-{secrets.token_hex(2)}"
    deleted = DeletedRun(trash=place / directory.name, origin=directory, deleted=now.isoformat())
    origin = _Origin(directory=str(deleted.origin), deleted=deleted.deleted)
    try:
        place.mkdir(parents=True)
        # First, so that a run in the trash always has it.
        write_atomically(place / ORIGIN, msgspec.json.encode(origin))
        shutil.move(deleted.origin, deleted.trash)
    except OSError as error:
        raise _immovable(directory, error) from error
    return deleted


def restore_run(name: str) -> Path:
    """Bring a deleted run back to where it was, of several the one that was deleted last.

    Raises:
        UserError: no deleted run has this name, or another run has taken its place.
    """
    trash = deleted_runs()
    found = [deleted for deleted in trash if deleted.origin.name == name]
    if not found:
        near = nearest(name, {deleted.origin.name for deleted in trash})
        hint = f"Did you mean {' or '.join(near)}?" if near else _contents(trash)
        raise UserError(f"no run '{name}' was deleted", hint)
    deleted = found[-1]
    if deleted.origin.exists():
        raise UserError(
            f"there is a run '{name}' again in {deleted.origin.parent}",
            f"Rename that one first: illusion-tui runs rename {name} NEW.",
        )
    try:
        deleted.origin.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(deleted.trash, deleted.origin)
    except OSError as error:
        raise _immovable(deleted.trash, error) from error
    shutil.rmtree(deleted.trash.parent, ignore_errors=True)
    return deleted.origin


def deleted_runs() -> list[DeletedRun]:
    """The runs in the trash, in the order in which they were deleted."""
    found = []
    for path in sorted(trash_directory().glob(f"*/{ORIGIN}")):
        try:
            origin = msgspec.json.decode(path.read_bytes(), type=_Origin)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
        directory = Path(origin.directory)
        trash = path.parent / directory.name
        if trash.is_dir():
            found.append(DeletedRun(trash=trash, origin=directory, deleted=origin.deleted))
    return found


def trash_directory() -> Path:
    """Where deleted runs are, beside the user's runs."""
    return runs_directory().parent / "trash"


def _stamp(now: datetime) -> str:
    """The beginning of the name of what is deleted now, which sorts last, also where the clock was
    put back."""
    for path in trash_directory().glob(f"*/{ORIGIN}"):
        with contextlib.suppress(ValueError):
            last = datetime.strptime(path.parent.name.partition("-")[0], STAMP).replace(tzinfo=UTC)
            now = max(now, last + timedelta(microseconds=1))
    return now.strftime(STAMP)


def _require_name(name: str) -> None:
    plain = displayable(name) == name and name == name.strip() and not set(FORBIDDEN) & set(name)
    if not name or not plain or name[0] in ".-":
        raise UserError(
            f"'{name}' is no name for a run",
            "A name has none of / \\ : in it, and begins with neither a point nor a dash.",
        )


def _contents(trash: list[DeletedRun]) -> str:
    names = dict.fromkeys(deleted.origin.name for deleted in trash)
    return f"Deleted are {', '.join(names)}." if names else "The trash is empty."


def _immovable(directory: Path, error: OSError) -> UserError:
    return UserError(
        f"the run in {directory} can't be moved: {error.strerror or error}",
        "Check that its directory and the one above it may be written to.",
        status=1,
    )
