"""The engine's process: requests on standard input, events on standard output, one a line."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, BinaryIO

import msgspec

if TYPE_CHECKING:
    from engine.inspection.inbox import Inbox

from engine.lifeline import ALIVE_SECONDS, Lifeline, end_at_once
from engine.own_log import log_to_stderr
from engine.records.framing import LineSplitter
from engine.records.protocol import (
    PROTOCOL,
    Ended,
    EngineReady,
    Event,
    Failed,
    Notice,
    Shutdown,
    addressed,
    decode_request,
    encode,
)

READ_BYTES = 1 << 16


def main() -> None:
    """Serve one client until its requests end or it asks to stop."""
    output = _protocol_stream()
    lock = threading.Lock()

    def write(line: bytes) -> None:
        with lock:
            try:
                output.write(line)
                output.flush()
            except OSError:
                # The client is gone: nobody is left to be told.
                end_at_once()
            except ValueError:
                pass  # Closed: the engine ends.

    def emit(event: Event) -> None:
        write(encode(event))

    # Threads that spin while they wait take the cores from whoever shares the machine, the screen
    # among them, and slow the engine itself tenfold then; threads that sleep at once wake too late
    # for the next of many small products. GNU's OpenMP is told to spin for some microseconds.
    # OpenMP reads this when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    # Every shape of a matrix product is a kernel that oneDNN keeps; by default a thousand of them.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
    # What torch has no Metal kernel for (a few of linear algebra) is computed on the CPU.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    lifeline = Lifeline(output.fileno(), lambda: write(b"\n"))
    lifeline.start()
    version = metadata.version("illusion-tui")
    emit(EngineReady(protocol=PROTOCOL, version=version, alive_seconds=ALIVE_SECONDS))
    # torch takes seconds to import; until then the client already has its first event. Collecting
    # garbage meanwhile finds none, and takes a sixth of that time.
    gc.disable()
    from transformers.utils import logging

    from engine.decoding.strategy import strategies
    from engine.inspection.handler import handlers, serve
    from engine.inspection.inbox import Inbox
    from engine.inspection.inspection import Inspection
    from engine.probing.prober import probers
    from engine.records.decodings import registry as decodings
    from engine.records.instruments import registry as instruments

    logging.disable_progress_bar()
    # Before the first request is read: from here on its kind is known.
    for failure in (
        *handlers().failures,
        *decodings.failures(),
        *strategies().failures,
        *instruments.failures(),
        *probers().failures,
    ):
        emit(Notice(text=f"'{failure.name}' of {failure.package} is left out: {failure.reason}"))

    gc.freeze()
    gc.enable()

    inbox = Inbox(emit)
    lifeline.stop_by(lambda: inbox.put(Shutdown()))
    reader = threading.Thread(
        target=_read, args=(inbox, emit, lifeline), name="requests", daemon=True
    )
    reader.start()
    Inspection(inbox, emit, serve).serve()
    lifeline.end()
    with lock:
        output.close()


def _protocol_stream() -> BinaryIO:
    """Standard output, kept for the protocol alone.

    Libraries, CUDA and Rust code print to file descriptor 1: from now on that is standard error.
    """
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    log_to_stderr()
    return stream


def _read(inbox: Inbox, emit: Callable[[Event], None], lifeline: Lifeline) -> None:
    lines = LineSplitter()
    stopping = False
    # Unbuffered: a buffered reader that still waits would hold its lock when the process ends.
    while (chunk := os.read(0, READ_BYTES)) and not lines.overlong:
        for line in lines.feed(chunk):
            stopping |= _take(line, inbox, emit)
    if lines.overlong:
        emit(
            Failed(
                message=f"a request is longer than {lines.longest >> 20} MB",
                hint="Start the engine again.",
            )
        )
    else:
        stopping |= _take(lines.rest, inbox, emit)
    if not stopping:
        # Whoever asks the engine to stop waits for it; whoever only goes away does not.
        lifeline.lose()


def _take(line: bytes, inbox: Inbox, emit: Callable[[Event], None]) -> bool:
    """Hand in the request that a line holds, if any; tells whether it is to stop."""
    if not line.strip():
        return False
    try:
        request = decode_request(line)
    except msgspec.DecodeError as error:
        _refuse(line, error, emit)
        return False
    inbox.put(request)
    return isinstance(request, Shutdown)


def _refuse(line: bytes, error: msgspec.DecodeError, emit: Callable[[Event], None]) -> None:
    """Answer a line that is no request: under its id where it has one, else with a notice."""
    kind, request_id = addressed(line)
    if request_id is None:
        emit(Notice(text=f"A request was not understood: {error}"))
        return
    emit(
        Failed(
            id=request_id,
            message=f"the engine doesn't understand this request of the kind {kind}: {error}",
            hint="Install the same version of illusion-tui, and the same extensions, on both "
            "sides.",
        )
    )
    emit(Ended(id=request_id))


if __name__ == "__main__":
    main()
