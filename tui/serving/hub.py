"""One engine and its run for several inspectors, each of which takes it for its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.lifeline import ALIVE_SECONDS
from engine.records.errors import UserError
from engine.records.framing import LineSplitter
from engine.records.protocol import (
    Cancel,
    DecodeFinished,
    Ended,
    EngineReady,
    Failed,
    ItemAsked,
    ManifestChanged,
    OpenRun,
    ProbeFinished,
    RemedyFound,
    ScoringPaused,
    Shutdown,
    StartRun,
    decode_request,
    encode,
)
from tui.process.client import EngineClient
from tui.serving.endpoint import listen
from tui.serving.guest import Guest
from tui.serving.history import History
from tui.serving.passing import Passed, read_passed

READ_BYTES = 1 << 16
OF_THE_RUN = frozenset(
    kind.__name__
    for kind in (
        DecodeFinished,
        ItemAsked,
        ManifestChanged,
        ProbeFinished,
        RemedyFound,
        ScoringPaused,
    )
)
"""Answers that change the run: everybody is told, whoever asked."""
_OPENINGS = frozenset((StartRun.__name__, OpenRun.__name__))


class Hub:
    """Owns the engine; inspectors reach it by `tui.serving.relay`.

    Events of the run go to all, answers to whoever asked. Who comes later is told what was told
    before; who leaves cancels their own questions and nothing else. When the engine ends, all are
    told why and let go; whoever comes next starts it again.

    Args:
        place: directory of mode 0700.
        opening: the request that opens the run; no other run is opened.
        make_engine: makes an engine that is not started yet.
        tell: is told of an engine that ended unasked.
    """

    def __init__(
        self,
        place: Path,
        opening: StartRun | OpenRun,
        make_engine: Callable[[], EngineClient],
        tell: Callable[[Failed], None],
    ) -> None:
        self._place = place
        self._opening = opening
        self._make_engine = make_engine
        self._tell = tell
        self._numbers = itertools.count(1)
        self._history = History(place)
        self._guests: list[Guest] = []
        self._askers: dict[str, Guest] = {}
        self._ready: bytes | None = None
        self._engine: EngineClient | None = None
        self._running: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen for inspectors."""
        self._server = await listen(self._place, self._serve)
        self._beating = asyncio.create_task(self._beat())

    def begin(self) -> None:
        """Start the engine and open the run in it, where none runs."""
        if not self.running:
            self._engine, self._opened = self._make_engine(), asyncio.Event()
            self._running = asyncio.create_task(self._run(self._engine))

    @property
    def running(self) -> bool:
        """Whether there is an engine."""
        return self._running is not None and not self._running.done()

    async def stop(self, grace_seconds: float) -> None:
        """Let everybody go, and stop the engine, which may finish its batch."""
        if self._server is not None:
            self._server.close()
        if self._beating is not None:
            self._beating.cancel()
        for guest in self._guests:
            guest.close()
        if self._engine is not None:
            await self._engine.stop(grace_seconds)
        if self._running is not None:
            await self._running
        self._history.close()

    def kill(self) -> None:
        """End the engine at once."""
        if self._engine is not None:
            self._engine.kill()

    # -- the engine -------------------------------------------------------------------------

    async def _run(self, engine: EngineClient) -> None:
        failure: Failed | None = None
        try:
            await engine.start()
            await self._open(engine)
            self._opened.set()
            async for line in engine.lines():
                self._take(line)
            failure = await engine.ending()
        except UserError as error:
            failure = Failed(message=error.message, hint=error.hint, status=error.status)
        except OSError as error:
            failure = Failed(
                message=f"what the engine tells can't be kept for later: {error.strerror}",
                hint="Look for room where temporary files are.",
            )
        finally:
            await engine.stop()
            self._opened.set()
            self._ready = None
            self._askers.clear()
            guests, self._guests = self._guests, []
            for guest in guests:
                if failure is not None:
                    guest.send(encode(failure))
                guest.close()
        if failure is not None:
            self._tell(failure)

    async def _open(self, engine: EngineClient) -> None:
        """Open the run from the beginning."""
        self._history.close()
        self._history = History(self._place)
        # What is still told of an earlier attempt must not be taken for this one's.
        number = next(self._numbers)
        self._opening = msgspec.structs.replace(self._opening, id=f"opening-{number}")
        await engine.send(self._opening)

    def _take(self, line: bytes) -> None:
        """Pass on what the engine tells."""
        event = read_passed(line)
        if event is None:
            return
        if event.kind == EngineReady.__name__:
            self._ready = line
            for guest in self._guests:
                guest.send(line)
        elif event.id in (None, self._opening.id):
            self._tell_all(event)
        else:
            self._answer(event)

    def _answer(self, event: Passed) -> None:
        asker = self._askers.get(event.id or "")
        if asker is not None and event.id is not None:
            asker.send(event.line(asker.asked[event.id]))
            if event.kind == Ended.__name__:
                del self._askers[event.id], asker.asked[event.id]
        if event.kind in OF_THE_RUN:
            self._tell_all(event.unasked, but=asker)

    def _tell_all(self, event: Passed, but: Guest | None = None) -> None:
        self._history.add(event, self._opening.id)
        for guest in self._guests:
            if guest.joined and guest is not but:
                guest.send(self._for_guest(event, guest))

    def _for_guest(self, event: Passed, guest: Guest) -> bytes:
        """An event of the run, as an answer to the request by which the guest opened it."""
        return event.line(guest.opening if event.id == self._opening.id else None)

    async def _beat(self) -> None:
        """The signs of life that an engine gives."""
        while True:
            await asyncio.sleep(ALIVE_SECONDS)
            for guest in self._guests:
                guest.send(b"\n")

    # -- the guests -------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take in an inspector until it leaves, or is let go."""
        guest = Guest(next(self._numbers), writer)
        self._guests.append(guest)
        self.begin()
        if self._ready is not None:
            guest.send(self._ready)
        lines = LineSplitter()
        try:
            with contextlib.suppress(ConnectionError):
                while not (guest.gone or lines.overlong) and (
                    chunk := await reader.read(READ_BYTES)
                ):
                    for line in lines.feed(chunk):
                        await self._ask(guest, line)
        finally:
            guest.close()
            await self._leave(guest)

    async def _leave(self, guest: Guest) -> None:
        if guest in self._guests:
            self._guests.remove(guest)
        for request_id in list(guest.asked):
            if self._askers.pop(request_id, None) is not None and self._engine is not None:
                await self._engine.send(Cancel(request=request_id))
        guest.asked.clear()

    async def _ask(self, guest: Guest, line: bytes) -> None:
        """Do what a guest asks, as far as it is not the engine that does it."""
        # Nothing may reach the engine before it is asked to open the run.
        await self._opened.wait()
        request = read_passed(line)
        if request is None or request.id is None or guest.gone:
            return
        if request.kind == Shutdown.__name__:
            guest.close()
        elif request.kind in _OPENINGS:
            await self._join(guest, request.id, line)
        else:
            if request.kind == Cancel.__name__:
                target = request.text("request")
                mine = target == guest.opening
                inside = self._opening.id if mine else guest.outside(target)
                request = request.replaced(request=inside)
            await self._pass_on(guest, request)

    async def _pass_on(self, guest: Guest, request: Passed) -> None:
        assert self._engine is not None
        assert request.id is not None
        request_id = guest.outside(request.id)
        guest.asked[request_id] = request.id
        self._askers[request_id] = guest
        await self._engine.send_line(request.line(request_id))

    async def _join(self, guest: Guest, request_id: str, line: bytes) -> None:
        """Tell a guest what was told before it came; it is told the rest as it happens."""
        if not self._is_opening(line):
            self._refuse(guest, request_id)
            return
        if self._history.failed and self._engine is not None:
            await self._open(self._engine)
        guest.opening = request_id
        history, place = self._history, 0
        while history is self._history and not guest.gone:
            events, place = history.told(place)
            for event in events:
                guest.send(self._for_guest(event, guest))
            if not events:
                break
            await guest.taken()
        if history.progress is not None:
            guest.send(self._for_guest(history.progress, guest))
        guest.joined = True

    def _is_opening(self, line: bytes) -> bool:
        """Whether a request opens the run that is open here."""
        try:
            request = decode_request(line)
        except msgspec.DecodeError:
            return False
        return msgspec.structs.replace(request, id=self._opening.id) == self._opening

    def _refuse(self, guest: Guest, request_id: str) -> None:
        failed = Failed(
            id=request_id,
            message="another run is open in the engine that the browsers share",
            hint="Serve this one with: illusion-tui open RUN --serve",
            status=2,
        )
        for event in (failed, Ended(id=request_id)):
            guest.send(encode(event))
