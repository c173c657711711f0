"""The runs that this machine knows: by name, wherever they are."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from engine.files import is_scratch
from engine.records.errors import UserError
from engine.runs.directories import runs_directory
from engine.runs.reading import MANIFEST

ELSEWHERE = "elsewhere.jsonl"
"""Beside the runs' directory: a line for each run that was put somewhere else."""
NEAREST = 3


def known_runs() -> list[Path]:
    """The directories of all runs in the user's directory, and of those elsewhere, by name."""
    own = {
        manifest.parent
        for manifest in runs_directory().glob(f"*/{MANIFEST}")
        if not is_scratch(manifest.parent)
    }
    elsewhere = {directory for directory in _elsewhere() if _is_run(directory)}
    return sorted(own | elsewhere, key=lambda directory: (directory.name, directory))


def remember(directory: Path) -> None:
    """Know a run that is about to be made outside the user's directory.

    A line is appended and nothing read back changes, so that several processes may do so at once.
    Where that can't be written, the run is found by its path only.
    """
    directory = directory.resolve()
    own = runs_directory()
    if directory.parent == own.resolve() or directory in _elsewhere():
        return
    # A path that is no text has no place in the file either.
    with contextlib.suppress(OSError, UnicodeEncodeError):
        own.parent.mkdir(parents=True, exist_ok=True)
        with (own.parent / ELSEWHERE).open("ab+") as file:
            file.seek(max(file.tell() - 1, 0))
            # A killed process may have left half a line.
            begun = b"" if file.read() in (b"", b"\n") else b"\n"
            file.write(begun + msgspec.json.encode(str(directory)) + b"\n")


def located(run: Path) -> Path:
    """The directory of a run as a person names it: a path, or the name of a known run.

    Raises:
        UserError: it is a bare name, and neither a path nor known; the hint has the nearest names.
    """
    return run if len(run.parts) != 1 or exists(run) else find_run(run.name)


def is_known(run: Path) -> bool:
    """Whether this machine has a run as a person names it, or something else at that path."""
    return exists(run) or any(directory.name == str(run) for directory in known_runs())


def find_run(name: str) -> Path:
    """The directory of the known run with a name.

    Raises:
        UserError: there is none or more than one.
    """
    directories = known_runs()
    found = [directory for directory in directories if directory.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{len(found)} runs are called '{name}'",
            f"Name one by its path: {', '.join(map(str, found))}.",
        )
    near = nearest(name, {directory.name for directory in directories})
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    listed = "'illusion-tui runs' lists the runs on this machine."
    raise UserError(f"there is no run '{name}'", hint + listed)


def nearest(name: str, names: Iterable[str]) -> Sequence[str]:
    """The names that contain the name, or else those that are written much like it."""
    names = sorted(names)
    inside = [one for one in names if name.casefold() in one.casefold()]
    return (inside or difflib.get_close_matches(name, names, n=NEAREST))[:NEAREST]


def _elsewhere() -> set[Path]:
    """The remembered directories; what can't be read of the file is left out."""
    try:
        lines = (runs_directory().parent / ELSEWHERE).read_bytes().splitlines()
    except OSError:
        return set()
    found = set()
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            found.add(Path(msgspec.json.decode(line, type=str)))
    return found


def _is_run(directory: Path) -> bool:
    return exists(directory / MANIFEST)


def exists(path: Path) -> bool:
    """Whether a path is there; False for what can be no path."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
