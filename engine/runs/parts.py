"""The parts of a run that several processes write at once.

Process 0 writes the run itself. Each other process writes a part: a run directory within the run's,
of the same settings and items, with a lock, a manifest and a log of its own. Whoever reads the run
reads the parts with it. Who opens it to write takes the parts over that nobody writes any more.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from engine.files import remove_abandoned, scratch_directory
from engine.records.errors import UserError
from engine.records.manifest import Manifest
from engine.records.settings import AFTERWARDS
from engine.runs.lock import RunLock
from engine.runs.reading import (
    MANIFEST,
    PARTS,
    LogRecord,
    decode_record,
    part_directories,
    read_manifest,
)
from engine.runs.sealing import run_number

FOUND_OUT = (
    "model",
    "calibration",
    "prompt",
    "forward",
    "dtype",
    "variants",
    "device",
    "versions",
)
"""What a process finds out about a run."""
LIMITS = ("batch_size", "recovery_hypotheses")


def new_part(directory: Path) -> Path:
    """The directory of this process's part of a run."""
    return directory / PARTS / f"{socket.gethostname()}-{os.getpid()}"


def abandoned_parts(directory: Path) -> Iterator[Path]:
    """The parts that nobody writes any more, each locked meanwhile and removed afterwards."""
    remove_abandoned(directory / PARTS)
    _remove_unbegun(directory)
    for part in part_directories(directory):
        try:
            lock = RunLock(part)
        except UserError:
            continue
        try:
            yield part
            # In one step: what is left of a part would be read as one that is damaged.
            with scratch_directory(part) as scratch:
                part.rename(scratch / part.name)
        finally:
            lock.release()


def _remove_unbegun(directory: Path) -> None:
    """Remove the parts without a manifest whose process, one of this machine's, is gone."""
    here = f"{socket.gethostname()}-"
    for part in (directory / PARTS).glob(f"{here}*"):
        process = part.name.removeprefix(here)
        begun = (part / MANIFEST).exists()
        if not begun and process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(part, ignore_errors=True)


def merged_manifest(run: Manifest, part: Manifest, where: Path) -> Manifest:
    """A run's manifest with what the process of a part found out, where the run doesn't know it.

    Of limits the lower one counts.

    Raises:
        UserError: the part is of other settings or items, or was computed under other conditions.
    """
    ours, theirs = _conditions(run), _conditions(part)
    differing = [
        name
        for name in ours
        if None not in (ours[name], theirs[name]) and ours[name] != theirs[name]
    ]
    if differing:
        raise UserError(
            f"{where} was computed under other conditions than its run: {', '.join(differing)}",
            "Start all processes with the same options and versions, on devices of one kind. "
            "Remove that directory to score its items again.",
            status=1,
        )
    # A process that was killed may have found out some of it.
    unknown = [name for name in FOUND_OUT if run.model is None or not getattr(run, name)]
    names = {variant.name for variant in run.variants}
    variants = (*run.variants, *(one for one in part.variants if one.name not in names))
    run = msgspec.structs.replace(run, **{name: getattr(part, name) for name in unknown})
    run = msgspec.structs.replace(run, variants=variants)
    for name in LIMITS:
        known = [value for value in (getattr(run, name), getattr(part, name)) if value is not None]
        run = msgspec.structs.replace(run, **{name: min(known, default=None)})
    return run


def _conditions(manifest: Manifest) -> dict[str, object]:
    """What the manifests of a run and its parts must agree in, where both have it."""
    # What comes after scoring may have changed in a later start.
    settings = msgspec.structs.asdict(manifest.settings)
    return {
        "settings": {name: value for name, value in settings.items() if name not in AFTERWARDS},
        "items": manifest.items.hash,
        "the model's weights": manifest.model and manifest.model.weights_hash,
        "calibration text": manifest.calibration and manifest.calibration.hash,
        "prompt": manifest.prompt,
        "forward passes": manifest.forward,
        "number format": manifest.dtype,
    }


class GrowingLog:
    """A log that another process writes, read as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = 0
        self._run: int | None = None

    def news(self) -> list[LogRecord]:
        """The records since the last look; a line that is still being written comes next time.

        Raises:
            UserError: the log is damaged.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_bytes)
                data = file.read()
        except FileNotFoundError:
            # Whoever took the part over has written it into the run's log.
            return []
        complete = data[: data.rfind(b"\n") + 1]
        self._read_bytes += len(complete)
        if not complete:
            return []
        if self._run is None:
            try:
                self._run = run_number(read_manifest(self._path.parent))
            except UserError:
                if self._path.exists():
                    raise
                return []
        try:
            lines = complete.splitlines()
            return [decode_record(line, str(self._path), self._run) for line in lines]
        except UserError as error:
            raise UserError(
                error.message,
                "Remove the directory that it is in to score its items again.",
                status=1,
            ) from error
