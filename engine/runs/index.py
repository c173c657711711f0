"""Where the records of a log stand, found without decoding them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from engine.records.lines import LineDecoder
from engine.runs.reading import damaged, of_no_item, read_manifest, unreadable
from engine.runs.sealing import opened, run_number

BUFFER_BYTES = 1 << 20
LINES = 1000
"""So many lines are read between two calls of `tell`."""


Kind = Literal["scored", "redecode", "probe"]


class Span(NamedTuple):
    """A line of the log: its number from 1, its first byte, and its length without the newline."""

    line: int
    start: int
    length: int


class LogIndex(NamedTuple):
    """The lines of a log by the item that they are about.

    Attributes:
        scored: the last line that scores an item.
        redecodes: the lines of an item's re-decodes, in the order of the log.
        findings: the lines of what instruments found of an item, likewise.
    """

    scored: dict[str, Span]
    redecodes: dict[str, list[Span]]
    findings: dict[str, list[Span]]


def index_log(
    path: Path,
    tell: Callable[[int], None] = lambda done: None,
    ids: Collection[str] | None = None,
) -> LogIndex:
    """Find the records of a log; a last line that lacks its end is left out.

    Checksums are compared when a line is decoded (`engine.runs.logged.LogFile`): those of all lines
    would take too long here.

    Args:
        path: of the log.
        ids: of the run's items, quick to look up; None for any.
        tell: is told now and then how many bytes are read; it may raise to cancel.

    Raises:
        UserError: the log can't be read, or a line is no record or about none of the items; the
            error names the line.
    """
    index = LogIndex({}, {}, {})
    start = 0
    try:
        with path.open("rb", buffering=BUFFER_BYTES) as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                try:
                    record, item_id = _about(line)
                except (ValueError, msgspec.DecodeError) as error:
                    raise damaged(f"{path}, line {number}", error) from error
                if ids is not None and item_id not in ids:
                    where = f"{path}, line {number}"
                    opened(line, where, run_number(read_manifest(path.parent)))
                    raise of_no_item(where, item_id)
                span = Span(number, start, len(line) - 1)
                if record == "scored":
                    index.scored[item_id] = span
                else:
                    lines = index.redecodes if record == "redecode" else index.findings
                    lines.setdefault(item_id, []).append(span)
                start += len(line)
                if number % LINES == 0:
                    tell(start)
    except OSError as error:
        raise unreadable(path, error) from error
    return index


# Our writer begins nearly every line so. Any other is read by msgspec, which takes longer.
_SCORED = re.compile(rb'\{"record":"scored","scored":\{"item":\{"id":"([^"\\]*)"')
_REDECODED = re.compile(rb'\{"record":"redecode","redecode":\{"item_id":"([^"\\]*)"')


class _Item(msgspec.Struct):
    id: str


class _Scored(msgspec.Struct):
    item: _Item


class _OfItem(msgspec.Struct):
    item_id: str


class _Line(msgspec.Struct):
    scored: _Scored | None = None
    redecode: _OfItem | None = None
    finding: _OfItem | None = None


_lines: LineDecoder[_Line] = LineDecoder(_Line)


def _about(line: bytes) -> tuple[Kind, str]:
    """What kind of record a line is, and its item's id; raises ValueError if it is none."""
    if found := _SCORED.match(line):
        return "scored", found[1].decode()
    if found := _REDECODED.match(line):
        return "redecode", found[1].decode()
    record = _lines.decode(line)
    if record.scored is not None:
        return "scored", record.scored.item.id
    if record.redecode is not None:
        return "redecode", record.redecode.item_id
    if record.finding is not None:
        return "probe", record.finding.item_id
    raise ValueError("it is neither a score nor a re-decode nor a finding")
