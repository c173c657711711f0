"""A log's records by item, decoded when they are looked at: for runs too large for memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Generic, TypeVar

from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding, finding_key
from engine.records.items import Item
from engine.records.scores import ScoredItem
from engine.runs.index import Span
from engine.runs.reading import (
    LogRecord,
    Probed,
    Redecoded,
    Scored,
    decode_record,
    read_manifest,
    redecode_key,
    unreadable,
)
from engine.runs.sealing import is_sealed, run_number

KEPT = 256
"""So many of the items that were looked at last stay decoded."""

PlaceT = TypeVar("PlaceT")
ValueT = TypeVar("ValueT")
RecordT = TypeVar("RecordT")


class LogFile:
    """A log that is open for reading. Where another file takes its name, it stays this one."""

    def __init__(self, path: Path) -> None:
        """Open it; raises `UserError`."""
        self.path = path
        self._run = run_number(read_manifest(path.parent))
        self._lock = threading.Lock()
        try:
            self._file = path.open("rb", buffering=0)
            with path.open("rb") as file:
                self._must = is_sealed(file.readline())
        except OSError as error:
            raise unreadable(path, error) from error

    def record(self, span: Span) -> LogRecord:
        """Decode a line; raises `UserError` where it is damaged."""
        with self._lock:
            self._file.seek(span.start)
            line = self._file.read(span.length)
        return decode_record(line, f"{self.path}, line {span.line}", self._run, must=self._must)


class Logged(MutableMapping[str, ValueT], Generic[PlaceT, ValueT]):
    """What a log says of each item; what comes later is kept beside it.

    Equal to another one of the same file with the same later values. May be read in any thread.
    """

    def __init__(self, file: LogFile, places: Mapping[str, PlaceT]) -> None:
        self.file = file
        self.places = places
        self._later: dict[str, ValueT] = {}
        self._decoded: OrderedDict[str, ValueT] = OrderedDict()
        self._lock = threading.Lock()

    def decode(self, item_id: str, place: PlaceT) -> ValueT:
        """The value of an item whose lines are at a place."""
        raise NotImplementedError

    def copy(self) -> Logged[PlaceT, ValueT]:
        """As it is now."""
        copied = type(self)(self.file, self.places)
        copied._later = dict(self._later)
        return copied

    def __getitem__(self, item_id: str) -> ValueT:
        if item_id in self._later:
            return self._later[item_id]
        with self._lock:
            if item_id in self._decoded:
                self._decoded.move_to_end(item_id)
                return self._decoded[item_id]
        value = self.decode(item_id, self.places[item_id])
        with self._lock:
            self._decoded[item_id] = value
            if len(self._decoded) > KEPT:
                self._decoded.popitem(last=False)
        return value

    def __setitem__(self, item_id: str, value: ValueT) -> None:
        self._later[item_id] = value

    def __delitem__(self, item_id: str) -> None:
        raise TypeError("a log is never shortened")

    def __iter__(self) -> Iterator[str]:
        yield from self.places
        yield from (item_id for item_id in self._later if item_id not in self.places)

    def __len__(self) -> int:
        return len(self.places) + sum(item_id not in self.places for item_id in self._later)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self.places or item_id in self._later

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Logged):
            return NotImplemented
        return self.places is other.places and self._later == other._later

    __hash__ = None  # type: ignore[assignment]  # as of every mapping that changes


class LoggedItems(Logged[Span, ScoredItem]):
    """Scored items. One whose line is damaged has no scores, and says so as its question."""

    def decode(self, item_id: str, place: Span) -> ScoredItem:
        try:
            record = self.file.record(place)
        except UserError as error:
            return _without_scores(item_id, error.message)
        if not isinstance(record, Scored) or record.scored.item.id != item_id:
            return _without_scores(item_id, f"{self.file.path} has changed since it was opened")
        return record.scored


def _without_scores(item_id: str, why: str) -> ScoredItem:
    item = Item(id=item_id, language="", question=why, gold="")
    return ScoredItem(item=item, prompt="", scores={})


class LoggedRedecodes(Logged[list[Span], list[Redecode]]):
    """The re-decodes of each item, the latest first, of equal ones the last; damaged ones not."""

    def decode(self, item_id: str, place: list[Span]) -> list[Redecode]:
        found = {}
        for span in place:
            try:
                record = self.file.record(span)
            except UserError:
                continue
            if isinstance(record, Redecoded) and record.redecode.item_id == item_id:
                found[redecode_key(record.redecode)] = record.redecode
        return list(reversed(found.values()))


class LoggedFindings(Logged[list[Span], list[Finding]]):
    """What instruments found of each item, the latest first, of equal ones the last."""

    def decode(self, item_id: str, place: list[Span]) -> list[Finding]:
        found = {}
        for span in place:
            try:
                record = self.file.record(span)
            except UserError:
                continue
            if isinstance(record, Probed) and record.finding.item_id == item_id:
                found[finding_key(record.finding)] = record.finding
        return list(reversed(found.values()))


class ItemsOf(Collection[Item]):
    """The items of scored items, taken when they are asked for."""

    def __init__(self, scored: Mapping[str, ScoredItem]) -> None:
        self._scored = scored

    def __iter__(self) -> Iterator[Item]:
        return (scored.item for scored in self._scored.values())

    def __len__(self) -> int:
        return len(self._scored)

    def __contains__(self, item: object) -> bool:
        return isinstance(item, Item) and item.id in self._scored

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ItemsOf) and self._scored == other._scored

    __hash__ = None  # type: ignore[assignment]  # it changes with the mapping


class _RecordsOf(Collection[RecordT], Generic[RecordT]):
    """All records of all items, taken when they are asked for."""

    def __init__(self, by_item: Mapping[str, list[RecordT]]) -> None:
        self._by_item = by_item

    def __iter__(self) -> Iterator[RecordT]:
        return (one for item_id in self._by_item for one in self._by_item[item_id])

    def __len__(self) -> int:
        return sum(len(self._by_item[item_id]) for item_id in self._by_item)

    def __contains__(self, record: object) -> bool:
        item_id = getattr(record, "item_id", None)
        return isinstance(item_id, str) and record in self._by_item.get(item_id, ())

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._by_item == other._by_item

    __hash__ = None  # type: ignore[assignment]  # it changes with the mapping


class RedecodesOf(_RecordsOf[Redecode]):
    """All re-decodes of all items."""


class FindingsOf(_RecordsOf[Finding]):
    """All that instruments found of all items."""
