"""Writing the run directory: a scored item is on disk before it is shown."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.files import is_scratch, remove_abandoned, write_atomically
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding, FindingKey, finding_key
from engine.records.items import Item
from engine.records.lines import encode_line
from engine.records.manifest import Manifest
from engine.records.scores import ScoredItem
from engine.records.settings import AFTERWARDS, Settings
from engine.runs.asked import ASKED
from engine.runs.lock import RunLock
from engine.runs.parts import abandoned_parts, merged_manifest, new_part
from engine.runs.reading import (
    ITEMS,
    LOG,
    MANIFEST,
    PARTS,
    LogRecord,
    Probed,
    Redecoded,
    RedecodeKey,
    Scored,
    read_items,
    read_log,
    read_manifest,
    redecode_key,
)
from engine.runs.remedies import REMEDIES
from engine.runs.sealing import run_number, sealed


def items_hash(items: Iterable[Item]) -> str:
    """SHA-256 of the items as the run directory keeps them, in order."""
    return hashlib.sha256(b"".join(encode_line(item) for item in items)).hexdigest()


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Put a manifest on disk, with its checksum; raises `UserError`."""
    write_atomically(directory / MANIFEST, sealed(encode_line(manifest)))


class RunLog:
    """A run directory that is locked by this process, which alone may write it.

    Attributes:
        directory: of the run.
        manifest: what is known of the run so far.
        items: by id, in order.
        scored: scored items by id, those of earlier sessions included.
    """

    def __init__(self, directory: Path, lock: RunLock) -> None:
        """Read a locked directory; `open` and `attach` take the lock and call this."""
        self.directory = directory
        self._lock = lock
        remove_abandoned(directory)
        self.manifest = read_manifest(directory)
        self.items: dict[str, Item] = {item.id: item for item in read_items(directory)}
        log = read_log(directory / LOG, self.items)
        self.scored: dict[str, ScoredItem] = log.scored
        self._redecodes = log.redecodes
        self._findings = log.findings
        # What this log has itself, of all that is known.
        self._logged: set[object] = {*log.scored, *log.redecodes, *log.findings}
        try:
            self._file = (directory / LOG).open("r+b", buffering=0)
            self._file.truncate(log.intact_bytes)
        except OSError as error:
            raise UserError(
                f"the run in {directory} can't be written: {error.strerror}",
                "Check that its files may be written to.",
                status=1,
            ) from error
        self._file.seek(0, os.SEEK_END)
        self.take_over_parts()

    @classmethod
    def open(cls, directory: Path, manifest: Manifest, items: Sequence[Item]) -> Self:
        """Create a run, or continue the one that is there with the same settings and items.

        Raises:
            UserError: the directory holds another run or other files, or another process works on
                the run.
        """
        try:
            _refuse_foreign(directory)
            directory.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UserError(
                f"there can be no run in {directory}: {reason}",
                "Name another directory with --out.",
            ) from error
        lock = RunLock(directory)
        try:
            if (directory / MANIFEST).exists():
                saved = read_manifest(directory)
                _refuse_other_run(directory, saved, manifest)
                _update_afterwards(directory, saved, manifest.settings)
            else:
                # The manifest comes last: a directory that has one is complete.
                run = run_number(manifest)
                lines = (sealed(encode_line(item), run) for item in items)
                write_atomically(directory / ITEMS, b"".join(lines))
                write_atomically(directory / LOG, b"")
                write_manifest(directory, manifest)
            return cls(directory, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_part(cls, directory: Path, manifest: Manifest, items: Sequence[Item]) -> Self:
        """Create a part of the run in a directory, for this process alone; raises as `open`."""
        _refuse_foreign(directory)
        if (directory / MANIFEST).exists():
            _refuse_other_run(directory, read_manifest(directory), manifest)
        return cls.open(new_part(directory), manifest, items)

    @classmethod
    def attach(cls, directory: Path) -> Self:
        """Open a saved run to add to it, whatever its settings.

        Raises:
            UserError: there is no run, or another process works on it.
        """
        read_manifest(directory)
        lock = RunLock(directory)
        try:
            return cls(directory, lock)
        except BaseException:
            lock.release()
            raise

    @property
    def redecodes(self) -> list[Redecode]:
        """The re-decodes in the order of the log; of those with the same key the last."""
        return list(self._redecodes.values())

    @property
    def findings(self) -> dict[FindingKey, Finding]:
        """What instruments found, by its key; of equal keys the last."""
        return dict(self._findings)

    @property
    def unscored(self) -> list[Item]:
        """The items that are still to be scored, in order."""
        return [item for item in self.items.values() if item.id not in self.scored]

    def append_scored(self, scored: Sequence[ScoredItem]) -> None:
        """Put scored items on disk, all of them in one write."""
        self._append([Scored(scored=scored_item) for scored_item in scored])
        self.scored.update({scored_item.item.id: scored_item for scored_item in scored})

    def append_redecode(self, redecode: Redecode) -> None:
        """Put a re-decode on disk."""
        self._append([Redecoded(redecode=redecode)])
        self._redecodes[redecode_key(redecode)] = redecode

    def append_findings(self, findings: Sequence[Finding]) -> None:
        """Put what an instrument found on disk, all of it in one write."""
        self._append([Probed(finding=finding) for finding in findings])
        self._findings.update({finding_key(finding): finding for finding in findings})

    def redecoded(self, key: RedecodeKey) -> bool:
        """Whether an item was decoded again so, under this variant."""
        return key in self._redecodes

    def adopt(self, record: LogRecord) -> bool:
        """Take note of what another process has put on disk; tells whether it is new."""
        match record:
            case Scored(scored=scored) if scored.item.id not in self.scored:
                self.scored[scored.item.id] = scored
            case Redecoded(redecode=redecode) if not self.redecoded(redecode_key(redecode)):
                self._redecodes[redecode_key(redecode)] = redecode
            case Probed(finding=finding) if finding_key(finding) not in self._findings:
                self._findings[finding_key(finding)] = finding
            case _:
                return False
        return True

    def take_over_parts(self) -> None:
        """Put the parts of the run that nobody writes any more into its log."""
        for part in abandoned_parts(self.directory):
            manifest = merged_manifest(self.manifest, read_manifest(part), part)
            if manifest != self.manifest:
                write_manifest(self.directory, manifest)
                self.manifest = manifest
            content = read_log(part / LOG, self.items)
            # What was adopted is not in this log yet; what is was taken over by a killed process.
            missing = content.scored.keys() - self._logged
            self.append_scored([content.scored[id_] for id_ in self.items if id_ in missing])
            for key, redecode in content.redecodes.items():
                if key not in self._logged:
                    self.append_redecode(redecode)
            findings = [one for key, one in content.findings.items() if key not in self._logged]
            if findings:
                self.append_findings(findings)

    def write_manifest(self, manifest: Manifest) -> None:
        """Put a new state of the manifest on disk.

        Raises:
            UserError: items are already scored, and the others would be scored under different
                conditions (weights, calibration, prompt or number format).
        """
        if self.scored:
            _refuse_other_conditions(self.manifest, manifest)
        write_manifest(self.directory, manifest)
        self.manifest = manifest

    def close(self) -> None:
        """Close the log and release the directory."""
        self._file.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _append(self, records: Sequence[LogRecord]) -> None:
        intact = self._file.tell()
        run = run_number(self.manifest)
        unwritten = memoryview(b"".join(sealed(encode_line(one), run) for one in records))
        try:
            while unwritten:
                unwritten = unwritten[self._file.write(unwritten) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            # The next line would continue half a line.
            self._file.truncate(intact)
            self._file.seek(intact)
            raise UserError(
                f"the run in {self.directory} can't be written: {error.strerror}",
                "Make room on that disk, then give the same command again: it continues from here.",
                status=1,
            ) from error
        self._logged.update(map(_key, records))


def _key(record: LogRecord) -> object:
    """What a record is about; of equal ones the last counts."""
    match record:
        case Scored(scored=scored):
            return scored.item.id
        case Redecoded(redecode=redecode):
            return redecode_key(redecode)
        case Probed(finding=finding):
            return finding_key(finding)


def _refuse_foreign(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise UserError(f"{directory} is a file", "Name a directory for the run.")
    ours = {ITEMS, LOG, MANIFEST, PARTS, REMEDIES, ASKED, *RunLock.FILES}
    foreign = (
        [
            path.name
            for path in directory.iterdir()
            if path.name not in ours and not is_scratch(path)
        ]
        if directory.exists() and not (directory / MANIFEST).exists()
        else []
    )
    if foreign:
        raise UserError(
            f"{directory} holds other files ({', '.join(sorted(foreign)[:3])}) and no run",
            "Name a new or empty directory with --out.",
        )


def _refuse_other_run(directory: Path, saved: Manifest, wanted: Manifest) -> None:
    hint = "Choose another directory with --out, or give the same options again to continue."
    differences = _differences(saved.settings, wanted.settings)
    if differences:
        raise UserError(
            f"{directory} holds a run with different settings: {'; '.join(differences)}", hint
        )
    if saved.items.hash != wanted.items.hash:
        raise UserError(
            f"{directory} holds a run of other items: {wanted.items.source} "
            f"has changed since ({saved.items.count} items then, {wanted.items.count} now)",
            hint,
        )


def _differences(saved: Settings, wanted: Settings) -> list[str]:
    old, new = msgspec.structs.asdict(saved), msgspec.structs.asdict(wanted)
    return [
        f"{name} is {_shown(old[name])} there, {_shown(new[name])} here"
        for name in old
        if old[name] != new[name] and name not in AFTERWARDS
    ]


def _update_afterwards(directory: Path, saved: Manifest, wanted: Settings) -> None:
    """Put the wanted settings that apply after scoring on disk."""
    afterwards = {name: getattr(wanted, name) for name in AFTERWARDS}
    settings = msgspec.structs.replace(saved.settings, **afterwards)
    if settings != saved.settings:
        manifest = msgspec.structs.replace(saved, settings=settings)
        write_manifest(directory, manifest)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "empty"
    return "unset" if value is None else str(value)


def _refuse_other_conditions(saved: Manifest, now: Manifest) -> None:
    conditions = {
        "the model's weights": (
            saved.model and saved.model.weights_hash,
            now.model and now.model.weights_hash,
        ),
        "the calibration text": (
            saved.calibration and saved.calibration.hash,
            now.calibration and now.calibration.hash,
        ),
        "the prompt": (saved.prompt, now.prompt),
        "the number format": (saved.dtype, now.dtype),
    }
    changed = [name for name, (old, new) in conditions.items() if old and new and old != new]
    if changed:
        raise UserError(
            f"this run was begun under other conditions: {' and '.join(changed)} changed since",
            "Choose another directory with --out to score all items again.",
        )
