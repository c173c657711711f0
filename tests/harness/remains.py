"""What a command leaves on disk, so that two of them can be compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.analysis.overruling import annotated
from engine.files import SCRATCH_SUFFIX
from engine.reports.export import WRITERS, export
from engine.runs.lock import RunLock
from engine.runs.reading import read_run
from engine.runs.remedies import with_remedies

LARGE = 16 << 20
"""Files from this size on are compared by their hash alone."""

_DIFFERS = (
    # Times, and the checksums of what has them.
    (re.compile(rb',"crc32":"[0-9a-f]{8}"'), b""),
    (re.compile(rb'("(?:created|time)": ?)"[^"]*"'), rb'\1""'),
    (re.compile(rb'("seconds": ?)[-+.0-9e]+'), rb"\g<1>0"),
    (re.compile(rb"(recipes tried in )[.0-9]+ min"), rb"\1"),
    (re.compile(rb"\|\d{16,}"), b"|"),
    (re.compile(rb"\n[0-9a-f]{8}\Z"), b""),
)


def remains(directory: Path) -> dict[str, bytes]:
    """Every file below a directory, by its path, as far as two runs of a command have it alike.

    Locks and logs are left out. The order of lines doesn't count where they are appended.
    """
    return {str(path.relative_to(directory)): _content(path) for path in _files(directory)}


def left_over(directory: Path) -> list[str]:
    """What only a process has that is under way: scratch paths, and who holds a lock."""
    names = [path for path in directory.rglob("*") if not path.is_symlink()]
    return [
        str(path.relative_to(directory))
        for path in names
        if path.suffix == SCRATCH_SUFFIX or path.name == RunLock.FILES[1]
    ]


def exports(run: Path, beside: Path) -> dict[str, bytes]:
    """A run in every format that it is exported in, by its suffix."""
    found = with_remedies(annotated(read_run(run)))
    tables = {}
    for suffix in WRITERS:
        target = beside / f"exported{suffix}"
        export(found, target)
        tables[suffix] = without_times(target.read_bytes())
        target.unlink()
    return tables


def without_times(data: bytes) -> bytes:
    """Text without what differs from time to time."""
    for pattern, text in _DIFFERS:
        data = pattern.sub(text, data)
    return data


def differences(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """What differs between the remains of two commands, in words."""
    told = [f"{name} is there as well" for name in sorted(found.keys() - expected.keys())]
    told += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    for name in sorted(found.keys() & expected.keys()):
        if found[name] != expected[name]:
            told.append(f"{name} differs: {_first(found[name], expected[name])}")
    return told


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path.is_symlink() or path.name == "state" or path.suffix == ".lock":
            continue
        if path.name in (RunLock.FILES[0], ".annotations.lock"):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _content(path: Path) -> bytes:
    if path.stat().st_size >= LARGE:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    data = path.read_bytes()
    if path.suffix == ".safetensors":
        return _ordered(data)
    if path.suffix not in (".json", ".jsonl", ".md"):
        return data
    data = without_times(data)
    return b"\n".join(sorted(data.splitlines())) if path.suffix == ".jsonl" else data


def _ordered(data: bytes) -> bytes:
    """A safetensors file with the entries of its header in order; the library has them in none."""
    length = int.from_bytes(data[:8], "little")
    header = msgspec.json.decode(data[8 : 8 + length])
    return msgspec.json.encode(header, order="sorted") + data[8 + length :]


def _first(found: bytes, expected: bytes) -> str:
    """Where two contents begin to differ."""
    pairs = zip(found, expected, strict=False)
    place = next((n for n, (one, other) in enumerate(pairs) if one != other), -1)
    if place < 0:
        place = min(len(found), len(expected))
    begin = max(place - 40, 0)
    return f"{found[begin : place + 80]!r} instead of {expected[begin : place + 80]!r}"
