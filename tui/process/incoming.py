"""What an engine says: lines from its output, and what is to be told of waiting for them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.records.framing import LineSplitter
from engine.records.protocol import (
    EngineReady,
    Event,
    Notice,
    addressed,
    decode_event,
    encode,
)
from tui.process.engine_log import append, trim
from tui.process.watch import LOOK_SECONDS, GivenUp, Patience, Watch

READ_BYTES = 1 << 20
FIRST = b'{"type":"EngineReady"'
"""How the first event begins."""
SHOWN_CHARACTERS = 200


class Incoming:
    """Makes events of what an engine says.

    What comes before `EngineReady` and isn't an event (a login banner) goes to the log; a later
    line that isn't one becomes a `Notice`, too. An engine that is waited for long gives `Progress`;
    one that goes beyond the patience is given up, and the events end.

    Args:
        command: that starts the engine; None for the engine of this installation.
        log: that the engine's standard error is appended to.
        patience: how long it is waited for, and how much of what it says is taken.

    Attributes:
        ready: the engine has told that it is.
        ended: nothing more is read.
        given_up: why; None where it isn't.
        closing: the engine was asked to stop, and isn't given up any more.
        log_start: what stands in the log before this byte is another engine's.
    """

    def __init__(self, command: Sequence[str] | None, log: Path, patience: Patience) -> None:
        self.ready = self.ended = self.closing = False
        self.given_up: GivenUp | None = None
        self.log_start = 0
        self._log = log
        self._patience = patience
        self._watch = Watch(command, patience)
        self._splitter = LineSplitter(patience.line_bytes)
        self._arrived: deque[bytes | Event] = deque()
        self._reading = asyncio.Lock()
        self._log_looked = 0.0
        self._log_told = False

    async def next(self, output: asyncio.StreamReader) -> Event | None:
        """The next event; None where no more will come."""
        while (arrived := await self._next_arrived(output)) is not None:
            event = self._read(arrived) if isinstance(arrived, bytes) else arrived
            if event is not None:
                return event
        return None

    async def next_line(self, output: asyncio.StreamReader) -> bytes | None:
        """The next event as it was written, of a kind that may not be known here."""
        while (arrived := await self._next_arrived(output)) is not None:
            if isinstance(arrived, Event):
                return encode(arrived)
            kind, _ = addressed(arrived)
            if kind and kind != EngineReady.__name__:
                return arrived + b"\n"
            event = self._read(arrived)
            if event is not None:
                return encode(event)
        return None

    async def _next_arrived(self, output: asyncio.StreamReader) -> bytes | Event | None:
        while not self._arrived:
            if self.ended:
                return None
            await self.fill(output)
        return self._arrived.popleft()

    async def fill(self, output: asyncio.StreamReader) -> None:
        """Read once, or see that nothing comes; may be called while another call waits."""
        waiting = len(self._arrived)
        async with self._reading:
            if self.ended or len(self._arrived) > waiting:
                return
            chunk: bytes | None = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    chunk = await output.read(READ_BYTES)
            if chunk == b"":
                # What stands here was cut off by the engine's death.
                self.ended = True
                if self._splitter.rest:
                    text = self._splitter.rest.decode("utf-8", "replace")
                    append(self._log, f"cut off: {text}")
                return
            if chunk:
                self._arrived.extend(self._splitter.feed(chunk))
            self._look(heard=chunk is not None)

    async def drain(self, output: asyncio.StreamReader) -> None:
        """Read to the end, also of an engine that was given up.

        A pipe that isn't read to its end outlives the event loop.
        """
        while not output.at_eof():
            if self.ended:
                async with self._reading:
                    await output.read(READ_BYTES)
            else:
                await self.fill(output)

    def _read(self, line: bytes) -> Event | None:
        if not line.strip():
            return None  # A sign of life.
        try:
            event = decode_event(line)
        except msgspec.DecodeError:
            begin = -1 if self.ready else line.find(FIRST)
            if begin > 0:
                # A banner without a newline stands before the first event.
                self._stray(line[:begin])
                return self._read(line[begin:])
            return self._stray(line)
        if isinstance(event, EngineReady) and not self.ready:
            self.ready = True
            told = self._watch.ready(event.alive_seconds)
            if told is not None:
                self._arrived.appendleft(told)
        return event

    def _stray(self, line: bytes) -> Notice | None:
        text = line.decode("utf-8", "replace").strip()
        append(self._log, f"not an event: {text}")
        self._give_up(self._watch.stray(len(line)))
        if self.given_up:
            self._arrived.clear()
        if self.given_up or not self._watch.tells_strays:
            return None
        return Notice(text=f"the engine wrote something that is no event: {shown(text)}")

    def _look(self, *, heard: bool) -> None:
        """See whether the engine keeps to what is expected of it."""
        if self._splitter.overlong:
            self._give_up(self._watch.overlong())
        told = self._watch.look(heard=heard)
        if isinstance(told, GivenUp):
            self._give_up(told)
        elif told is not None:
            self._arrived.append(told)
        now = time.monotonic()
        if now - self._log_looked >= LOOK_SECONDS:
            self._log_looked = now
            self.look_at_log()

    def look_at_log(self) -> None:
        """Cut the log where it is too long."""
        left_out = trim(self._log, self._patience.log_bytes, start=self.log_start)
        if not left_out:
            return
        self._give_up(self._watch.logged(left_out))
        if self.ready and not self._log_told:
            self._log_told = True
            text = f"the engine says so much in its log that some is left out: {self._log}"
            self._arrived.append(Notice(text=text))

    def _give_up(self, why: GivenUp | None) -> None:
        """Wait no longer; the first reason stands."""
        if why is not None and self.given_up is None and not self.closing:
            self.given_up = why
            self.ended = True


def shown(text: str) -> str:
    """The beginning of a text that may be long."""
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
