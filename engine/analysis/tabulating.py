"""The table of pairs made by a process of its own, for runs so large that making it takes a while.

Run as `python -m engine.analysis.tabulating`: a `Task` comes by standard input, tables go to
standard output as they are made. What ends is the process: whoever started it may kill it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import struct
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import msgspec

from engine.analysis.frame import pairs_frame
from engine.records.errors import UserError
from engine.runs.index import Span
from engine.runs.logged import LogFile
from engine.runs.reading import Redecoded, Scored, redecode_key

SLICE_ITEMS = 500
NICENESS = 19
"""The lowest priority: a screen on the same machine goes first."""
LENGTH = struct.Struct("<I")
"""Before each message: how many bytes it has."""


class Slice(msgspec.Struct, frozen=True, array_like=True):
    """Some items that follow each other: the lines of their scores, and of their re-decodes."""

    first: int
    ids: list[str]
    scored: list[Span]
    redecodes: list[list[Span]]


class Task(msgspec.Struct, frozen=True):
    """What is to be tabulated: slices of a log, for the reference against every variant."""

    log: str
    reference: str
    variants: tuple[str, ...]
    slices: list[Slice]


class Rows(msgspec.Struct, frozen=True, tag=True):
    """The rows of a slice for one variant, as an Arrow stream; `first` is the first's number."""

    variant: str
    first: int
    arrow: bytes


class Damage(msgspec.Struct, frozen=True, tag=True):
    """A line can't be read: nothing more comes."""

    message: str
    hint: str


Message = Rows | Damage


def slices_of(scored: Mapping[str, Span], redecodes: Mapping[str, list[Span]]) -> list[Slice]:
    """The items of a log in slices, in their order."""
    ids = list(scored)
    return [
        Slice(
            first=first,
            ids=part,
            scored=[scored[item_id] for item_id in part],
            redecodes=[redecodes[item_id] for item_id in part if item_id in redecodes],
        )
        for first in range(0, len(ids), SLICE_ITEMS)
        if (part := ids[first : first + SLICE_ITEMS])
    ]


def encode(message: Message | Task) -> bytes:
    """A message as bytes, without its length."""
    return msgspec.msgpack.encode(message)


def decode(data: bytes) -> Message:
    """Read a message, without its length."""
    message: Message = _messages.decode(data)
    return message


_messages: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def main() -> None:
    """Tabulate the slices of the task in their order."""
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    # Records have no cycles, and looking for some takes half of the time.
    gc.disable()
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    try:
        file = LogFile(Path(task.log))
        for wanted in task.slices:
            for message in _tabulated(file, task, wanted):
                _write(message)
    except UserError as error:
        _write(Damage(error.message, error.hint))
    except BrokenPipeError:
        # Nobody wants the rest.
        os._exit(0)


def _tabulated(file: LogFile, task: Task, wanted: Slice) -> list[Rows]:
    scored = [
        record.scored for record in map(file.record, wanted.scored) if isinstance(record, Scored)
    ]
    if [one.item.id for one in scored] != wanted.ids:
        raise UserError(f"{file.path} has changed since it was opened", "Open the run again.")
    redecodes = {}
    for record in map(file.record, chain.from_iterable(wanted.redecodes)):
        if isinstance(record, Redecoded):
            redecodes[redecode_key(record.redecode)] = record.redecode
    rows = []
    for variant in task.variants:
        buffer = io.BytesIO()
        frame = pairs_frame(scored, task.reference, variant, redecodes.values())
        frame.write_ipc_stream(buffer)
        rows.append(Rows(variant, wanted.first, buffer.getvalue()))
    return rows


def _write(message: Message) -> None:
    data = encode(message)
    sys.stdout.buffer.write(LENGTH.pack(len(data)) + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
