"""What there is to say of a run without reading it as a whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.records.errors import UserError
from engine.records.manifest import Manifest
from engine.runs.busy import being_written
from engine.runs.reading import LOG, MANIFEST, read_manifest
from engine.runs.tallies import RunTally, Tally, TallyCache

State = Literal["finished", "unfinished", "being written", "damaged"]


class RunEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A run as a list shows it.

    Attributes:
        directory: of the run; its name is the run's.
        changed: when an item was put into its log last.
        manifest: None where it can't be read.
        tally: None where it isn't counted yet, or can't be.
        writing: whether a process is writing it.
        problem: what is wrong with a damaged run.
    """

    directory: Path
    changed: datetime
    manifest: Manifest | None = None
    tally: RunTally | None = None
    writing: bool = False
    problem: str = ""

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def model(self) -> str:
        """The model's name, as loaded or else as asked for."""
        if self.manifest is None:
            return ""
        model = self.manifest.model
        return model.name if model else self.manifest.settings.model

    @property
    def recipes(self) -> tuple[str, ...]:
        return self.manifest.settings.recipes if self.manifest else ()

    @property
    def variants(self) -> tuple[str, ...]:
        """The reference, then the recipes."""
        return self.manifest.settings.variants if self.manifest else ()

    @property
    def total(self) -> int:
        """Items of the run, scored or not."""
        return self.manifest.items.count if self.manifest else 0

    @property
    def state(self) -> State | None:
        """None where the items aren't counted yet."""
        if self.problem:
            return "damaged"
        if self.writing:
            return "being written"
        if self.tally is None:
            return None
        return "finished" if self.tally.scored >= self.total else "unfinished"

    def tallies(self, measure: Literal["open", "choice"]) -> list[Tally | None]:
        """Of each variant, the reference first."""
        counted = self.tally.variants if self.tally else {}
        return [
            getattr(counted[name], measure) if name in counted else None for name in self.variants
        ]


def overview(directories: Iterable[Path]) -> list[RunEntry]:
    """The runs in these directories, counted, the one that changed last first."""
    cache = TallyCache()
    entries = [counted(glance(directory, cache), cache) for directory in directories]
    cache.save()
    return latest_first(entries)


def latest_first(entries: Iterable[RunEntry]) -> list[RunEntry]:
    """Entries in the order of a list."""
    return sorted(entries, key=lambda entry: entry.changed, reverse=True)


def glance(directory: Path, cache: TallyCache) -> RunEntry:
    """What can be said of a run at once: its items are not counted unless they were before."""
    changed = _changed(directory)
    try:
        manifest = read_manifest(directory)
    except UserError as error:
        return RunEntry(directory=directory, changed=changed, problem=error.message)
    return RunEntry(
        directory=directory,
        changed=changed,
        manifest=manifest,
        tally=cache.known(directory),
        writing=being_written(directory),
    )


def counted(entry: RunEntry, cache: TallyCache) -> RunEntry:
    """The same with its items counted."""
    if entry.tally is not None or entry.problem:
        return entry
    try:
        return msgspec.structs.replace(entry, tally=cache.tally(entry.directory))
    except UserError as error:
        return msgspec.structs.replace(entry, problem=error.message)


def to_builtins(entry: RunEntry) -> dict[str, Any]:
    """The run as an object of JSON, with the state that a list shows."""
    manifest, tally = entry.manifest, entry.tally
    accuracies = {
        measure: {
            name: None if found is None else found.share
            for name, found in zip(entry.variants, entry.tallies(measure), strict=True)
        }
        for measure in _MEASURES
    }
    return {
        "name": _text(entry.name),
        "directory": _text(str(entry.directory)),
        "state": entry.state,
        "problem": entry.problem or None,
        "model": entry.model,
        "recipes": entry.recipes,
        "against": manifest.settings.against if manifest else None,
        "items": manifest.items.source if manifest else None,
        "scored": tally.scored if tally else None,
        "total": entry.total,
        "open_accuracy": accuracies["open"],
        "choice_accuracy": accuracies["choice"],
        "created": manifest.created if manifest else None,
        "changed": entry.changed.isoformat(),
    }


def _text(path: str) -> str:
    """A path that JSON can hold: what is no text in it becomes question marks."""
    return path.encode("utf-8", "replace").decode()


_MEASURES: tuple[Literal["open", "choice"], ...] = ("open", "choice")


def _changed(directory: Path) -> datetime:
    for name in (LOG, MANIFEST):
        with contextlib.suppress(OSError):
            return datetime.fromtimestamp((directory / name).stat().st_mtime, UTC)
    return datetime.fromtimestamp(0, UTC)
