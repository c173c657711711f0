"""What a person noted of a run's items: a file of its own in the run directory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from engine.records.annotations import NOTHING, Annotation, ItemChange, NotedRecord, Undone
from engine.records.errors import UserError
from engine.records.lines import LineDecoder, encode_line
from engine.runs.reading import MANIFEST, read_manifest
from engine.runs.sealing import opened, run_number, sealed

ANNOTATIONS = "annotations.jsonl"
LOCK = ".annotations.lock"
MEND = "Restore the file from a copy, or remove that line and keep the others."
WAIT_SECONDS = 5.0
"""So long is waited for another process that writes a line."""

_records: LineDecoder[NotedRecord] = LineDecoder(NotedRecord)


class AnnotationLog:
    """The file, which several processes may read and write at once.

    A change is one line, on disk before `append` returns. It is appended under a lock that is held
    for no longer, after what others have appended meanwhile was taken in.

    Attributes:
        directory: of the run.
        by_item: what is noted of items, by id; of the others nothing is.
    """

    def __init__(self, directory: Path) -> None:
        """Read what is there; a torn last line is left out.

        Raises:
            UserError: the file can't be read; the error names the line.
        """
        self.by_item: dict[str, Annotation] = {}
        self.directory = directory
        self._path = directory / ANNOTATIONS
        self._changes: dict[str, ItemChange] = {}
        self._others: set[str] = set()
        self._intact = self._lines = 0
        self.refresh()
        # What was there before counts as one's own: it can be taken back after a restart.
        self._others.clear()

    @property
    def changes(self) -> list[ItemChange]:
        """What was done and not taken back, in its order."""
        return list(self._changes.values())

    def refresh(self) -> set[str]:
        """Take in what was appended since; returns the ids of the items that it is about.

        Raises:
            UserError: it can't be read.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._intact)
                data = file.read()
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise UserError(f"{self._path} can't be read: {error.strerror}", status=1) from error
        if not data:
            return set()
        records: list[NotedRecord] = []
        for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            records.append(self._decoded(line, self._lines + len(records) + 1))
        self._lines += len(records)
        self._intact += data.rfind(b"\n") + 1
        self._others.update(record.id for record in records)
        return self._take(records)

    def append(self, record: NotedRecord) -> set[str]:
        """Put a change on disk; returns the ids of the items that changed, by others too.

        Raises:
            UserError: there is no run here, or the disk refuses.
        """
        if not (self.directory / MANIFEST).exists():
            raise UserError(
                f"there is no run in {self.directory} on this machine",
                "Notes are kept beside the log of a run: open it where it is.",
                status=1,
            )
        try:
            with self._locked():
                changed = self.refresh()
                self._write(sealed(encode_line(record), self._run))
        except OSError as error:
            raise UserError(
                f"{self._path} can't be written: {error.strerror}",
                "Check that the run's directory may be written to, and has room.",
                status=1,
            ) from error
        return changed | self._take([record])

    def undo(self) -> tuple[ItemChange | None, set[str]]:
        """Take back the last change; returns it and the ids of the items that changed.

        Changes that another process made since this one opened the file are left alone. None where
        there is nothing left to take back. Raises as `append` does.
        """
        own = [change for key, change in self._changes.items() if key not in self._others]
        if not own:
            return None, set()
        return own[-1], self.append(Undone(undoes=own[-1].id))

    @cached_property
    def _run(self) -> int:
        return run_number(read_manifest(self.directory))

    def _decoded(self, line: bytes, number: int) -> NotedRecord:
        where = f"{self._path}, line {number}"
        try:
            return _records.decode(opened(line, where, self._run))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{where} is damaged: {error}", MEND, status=1) from error
        except UserError as error:
            raise UserError(error.message, MEND, status=1) from error

    def _take(self, records: Sequence[NotedRecord]) -> set[str]:
        touched: set[str] = set()
        undone: set[str] = set()
        for record in records:
            if isinstance(record, Undone):
                gone = self._changes.pop(record.undoes, None)
                undone.update(gone.items if gone else ())
            else:
                self._changes[record.id] = record
                touched.update(record.items)
                for item_id in record.items:
                    self._put(item_id, record.on(self.by_item.get(item_id, NOTHING)))
        if undone:
            self._fold_anew(undone)
        return touched | undone

    def _fold_anew(self, items: set[str]) -> None:
        found = dict.fromkeys(items, NOTHING)
        for change in self._changes.values():
            for item_id in items.intersection(change.items):
                found[item_id] = change.on(found[item_id])
        for item_id, annotation in found.items():
            self._put(item_id, annotation)

    def _put(self, item_id: str, annotation: Annotation) -> None:
        if annotation == NOTHING:
            self.by_item.pop(item_id, None)
        else:
            self.by_item[item_id] = annotation

    def _write(self, line: bytes) -> None:
        with self._path.open("ab", buffering=0) as file:
            # What stands after the last whole line is half of one, whose writer was killed.
            file.truncate(self._intact)
            try:
                if file.write(line) != len(line):
                    raise OSError(0, "no room")
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(self._intact)
                raise
        self._intact += len(line)
        self._lines += 1

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        # Imported here: the first screen of a run needs no lock.
        from filelock import FileLock, Timeout

        try:
            lock = FileLock(self.directory / LOCK, timeout=WAIT_SECONDS)
            lock.acquire()
        except Timeout:
            raise UserError(
                f"another process has been writing {self._path} for {WAIT_SECONDS:g} seconds",
                "Try again; if it stays so, end that process.",
                status=1,
            ) from None
        try:
            yield
        finally:
            lock.release()


def read_annotations(directory: Path) -> dict[str, Annotation]:
    """What is noted of the items of a run, by id; those that nothing is noted of are left out.

    Raises:
        UserError: the file is damaged.
    """
    return AnnotationLog(directory).by_item
