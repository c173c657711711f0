"""Several inspectors on one engine: real processes, a tiny model."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from engine.records.decodings.beam import Beam
from engine.records.protocol import (
    Ask,
    Decode,
    DecodeFinished,
    Ended,
    Event,
    Failed,
    ItemAsked,
    ItemScored,
    OpenRun,
    RunFinished,
    RunOpened,
    ScoringPaused,
    SetScoring,
    StartRun,
)
from tests.engine_process import tiny_settings
from tui.process.client import EngineClient
from tui.serving.endpoint import connect, listen
from tui.serving.hub import Hub
from tui.serving.passing import read_passed
from tui.serving.served import shared_engine

SECONDS = 60


class Inspector:
    """What an app does with its engine, which is another one's as well."""

    def __init__(self, place: Path) -> None:
        self.client = EngineClient(shared_engine(place), log=place / "relay.log")
        self.seen: list[Event] = []
        self._events = self.client.events()

    async def open(self, opening: StartRun | OpenRun) -> None:
        await self.client.start()
        await self.client.send(opening)

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        """Read on until an event is wanted; it may be there already."""
        for event in self.seen:
            if wanted(event):
                return event
        async with asyncio.timeout(SECONDS):
            async for event in self._events:
                self.seen.append(event)
                if wanted(event):
                    return event
        raise AssertionError(f"the events ended: {self.seen[-3:]}")

    async def finished(self) -> None:
        await self.until(lambda event: isinstance(event, RunFinished))

    async def ended(self, request_id: str) -> None:
        await self.until(lambda event: isinstance(event, Ended) and event.id == request_id)

    def scored(self) -> list[str]:
        return [event.scored.item.id for event in self.seen if isinstance(event, ItemScored)]

    def decoded(self) -> list[DecodeFinished]:
        return [event for event in self.seen if isinstance(event, DecodeFinished)]


class Shared:
    """A hub, and the inspectors at it."""

    def __init__(self, place: Path, checkpoint: Path) -> None:
        self.place = place
        settings = tiny_settings(checkpoint, recipes=("magnitude:0.5",))
        self.directory = str(place / "run")
        self._settings = settings
        self.failures: list[Failed] = []
        self._log = place / "engine.log"
        self.hub = Hub(
            place, self.opening(), lambda: EngineClient(log=self._log), self.failures.append
        )
        self.inspectors: list[Inspector] = []

    def opening(self) -> StartRun:
        return StartRun(settings=self._settings, directory=self.directory)

    async def inspector(self) -> Inspector:
        """One more, that has opened the run."""
        opened = Inspector(self.place)
        self.inspectors.append(opened)
        await opened.open(self.opening())
        return opened

    def engine(self) -> psutil.Process:
        """The one engine."""
        children = psutil.Process().children()
        (found,) = [child for child in children if "engine.server" in child.cmdline()]
        return found


@asynccontextmanager
async def sharing(place: Path, checkpoint: Path) -> AsyncIterator[Shared]:
    shared = Shared(place, checkpoint)
    await shared.hub.start()
    try:
        yield shared
    finally:
        for inspector in shared.inspectors:
            await inspector.client.stop()
        await shared.hub.stop(5)


async def test_the_run_is_told_to_all_and_an_answer_to_whoever_asked(
    tmp_path: Path, checkpoint: Path
) -> None:
    async with sharing(tmp_path, checkpoint) as shared:
        first, second = await shared.inspector(), await shared.inspector()
        await first.finished()
        await second.finished()
        assert len(first.scored()) == 12
        assert first.scored() == second.scored()

        item, variants = first.scored()[0], ("dense", "magnitude:0.5")
        decode = Decode(item_id=item, variants=variants, decoding=Beam(width=2))
        ask = Ask(question="What is the capital of Chile?", gold="Santiago")
        await first.client.send(decode)
        await first.client.send(ask)
        await first.ended(decode.id)
        await first.ended(ask.id)
        await second.until(lambda event: isinstance(event, ItemAsked))
        assert [event.id for event in first.decoded()] == [decode.id] * 2
        assert [event.id for event in second.decoded()] == [None] * 2
        own = {decode.id, ask.id}
        assert not [event for event in second.seen if event.id in own]

        late = await shared.inspector()
        await late.until(lambda event: isinstance(event, ItemAsked))
        assert late.scored() == first.scored()
        opened = await late.until(lambda event: isinstance(event, RunOpened))
        assert isinstance(opened, RunOpened)
        assert (opened.items, opened.done) == (12, 12)
        assert [event.redecode for event in late.decoded()] == [
            event.redecode for event in first.decoded()
        ]
        shared.engine()
        assert not shared.failures


async def test_what_one_pauses_stands_still_for_all(tmp_path: Path, checkpoint: Path) -> None:
    async with sharing(tmp_path, checkpoint) as shared:
        first, second = await shared.inspector(), await shared.inspector()
        await first.until(lambda event: isinstance(event, RunOpened))
        pause = SetScoring(paused=True)
        await first.client.send(pause)
        await first.ended(pause.id)
        await second.until(lambda event: isinstance(event, ScoringPaused) and event.paused)
        # Who paused may leave; who comes is told, and may go on.
        await first.client.stop()
        third = await shared.inspector()
        await third.until(lambda event: isinstance(event, ScoringPaused) and event.paused)
        await third.client.send(SetScoring(paused=False))
        await second.until(lambda event: isinstance(event, ScoringPaused) and not event.paused)
        await second.finished()
        assert len(second.scored()) == 12


async def test_who_is_gone_takes_their_own_questions_along_and_nothing_else(
    tmp_path: Path, checkpoint: Path
) -> None:
    async with sharing(tmp_path, checkpoint) as shared:
        going, staying = await shared.inspector(), await shared.inspector()
        await going.finished()
        await staying.finished()
        items = going.scored()
        engine = shared.engine()
        engine.suspend()
        decode = Decode(item_id=items[0], variants=("dense",), decoding=Beam(width=3))
        await staying.client.send(decode)
        for item in items[1:4]:
            request = Decode(item_id=item, variants=("dense",), decoding=Beam(width=2))
            await going.client.send(request)
        # The hub answers this itself: by then it has what was asked before.
        other = OpenRun(directory=str(tmp_path / "other"))
        await going.client.send(other)
        refused = await going.until(lambda event: isinstance(event, Failed))
        assert isinstance(refused, Failed)
        assert refused.id == other.id
        assert refused.message.startswith("another run is open")
        going.client.kill()
        await going.client.stop()
        await staying.client.send(other)
        await staying.ended(other.id)
        engine.resume()
        await staying.ended(decode.id)
        ask = Ask(question="What is the capital of Chile?", gold="Santiago")
        await staying.client.send(ask)
        await staying.ended(ask.id)
        assert [event.redecode.item_id for event in staying.decoded()] == [items[0]]


async def test_an_engine_that_dies_is_told_to_all_and_started_again_by_the_next(
    tmp_path: Path, checkpoint: Path
) -> None:
    async with sharing(tmp_path, checkpoint) as shared:
        first, second = await shared.inspector(), await shared.inspector()
        await first.finished()
        await second.finished()
        os.kill(shared.engine().pid, signal.SIGKILL)
        for inspector in (first, second):
            failed = await inspector.until(lambda event: isinstance(event, Failed))
            assert isinstance(failed, Failed)
            assert failed.id is None
            assert failed.message == "the engine was killed (SIGKILL)"
        again = await shared.inspector()
        await again.finished()
        assert sorted(again.scored()) == sorted(first.scored())
        assert [failed.message for failed in shared.failures] == ["the engine was killed (SIGKILL)"]


async def test_a_run_that_could_not_be_opened_is_tried_again_by_the_next(
    tmp_path: Path, checkpoint: Path
) -> None:
    async with sharing(tmp_path, checkpoint) as shared:
        blocked = tmp_path / "run"
        blocked.write_text("no directory")
        first = await shared.inspector()
        failed = await first.until(lambda event: isinstance(event, Failed))
        assert failed.id is not None
        blocked.unlink()
        second = await shared.inspector()
        await second.finished()
        assert len(second.scored()) == 12


@pytest.mark.parametrize("unix", [True, False])
async def test_the_engine_is_reached_by_whoever_may_enter_the_directory(
    tmp_path: Path, unix: bool
) -> None:
    came = asyncio.Queue[bytes]()

    async def on_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.put_nowait(await reader.readline())
        writer.close()

    server = await listen(tmp_path, on_client, unix=unix)
    async with server:
        connection = await asyncio.to_thread(connect, tmp_path)
        connection.sendall(b"hello\n")
        assert await came.get() == b"hello\n"
        connection.close()
        if not unix:
            port, secret = (tmp_path / "engine.port").read_text().split()
            reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
            writer.write(secret[::-1].encode() + b"\nhello\n")
            assert await reader.read() == b""
            assert came.empty()
            writer.close()


def test_a_message_is_passed_on_as_it_was_written() -> None:
    line = (
        b'{"type":"Spectrum","id":"a","values":[1.0,"nan",18446744073709551615,1e-7],"of":{"b":1}}'
    )
    passed = read_passed(line)
    assert passed is not None
    assert passed.line("1/a") == line.replace(b'"id":"a"', b'"id":"1/a"') + b"\n"
    assert passed.replaced(of=2).line("a") == line.replace(b'{"b":1}', b"2") + b"\n"
    for other in (b"", b"[]", b'{"id": "a"}', b'{"type": 1}', b'{"type": "A", "id": 1}', b"\xff"):
        assert read_passed(other) is None
