"""One run and its engine: what is opened, what is sent, how it ends. No Textual."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.protocol import (
    Cancel,
    Event,
    Failed,
    OpenRun,
    Progress,
    Request,
    SetScoring,
    StartRun,
)
from engine.records.settings import Settings
from engine.runs.logged import LoggedItems, LoggedRedecodes
from tui.state.questions import Asked
from tui.state.saved import reading, saved_state
from tui.state.state import RunState

if TYPE_CHECKING:
    from engine.analysis.tabulating import Rows, Task

STDERR_LINES = 8


class Closing(Exception):
    """The inspector is being closed: what is under way is not wanted any more."""


class Engine(Protocol):
    """What the session needs of `tui.process.client.EngineClient`."""

    log: Path

    async def start(self) -> None:
        """Start the process; raises UserError where it can't be."""

    async def send(self, request: Request) -> None:
        """Send a request."""

    def events(self) -> AsyncIterator[Event]:
        """Events until the output closes."""

    async def stop(self) -> int | None:
        """Stop the process."""

    async def ending(self) -> Failed | None:
        """Why the events ended; None where they were asked to."""

    def stderr_tail(self, lines: int = 20) -> str:
        """The last lines of its standard error."""


@dataclass(frozen=True)
class LiveRun:
    """Score the items of the settings into a directory (None: chosen from the settings).

    Attributes:
        items: as far as they are known already; they are shown until they are scored.
        striking: shows the items that show the illusion best first.
        sent: the engine is sent the items; it can't read them where it is.
    """

    settings: Settings
    directory: str | None = None
    items: tuple[Item, ...] = ()
    striking: bool = False
    sent: bool = False


@dataclass(frozen=True)
class SavedRun:
    """A run on disk; its engine starts at the first re-decode."""

    directory: Path


@dataclass(frozen=True)
class RemoteRun:
    """A run on the disk of the engine's machine, which tells what it holds.

    Attributes:
        directory: as that machine knows it: its path, or its name.
    """

    directory: str


RunSource = LiveRun | SavedRun | RemoteRun


@dataclass(frozen=True)
class EngineDown:
    """The engine can't go on: what happened, what to do, and its last words."""

    message: str
    hint: str
    stderr: str = ""
    log: Path | None = None


class Session:
    """A run's state, and the engine that changes it.

    Args:
        source: what is opened.
        make_engine: makes an engine that is not started yet.
    """

    def __init__(self, source: RunSource, make_engine: Callable[[], Engine]) -> None:
        self.source = source
        live = isinstance(source, LiveRun)
        self.state = RunState(source.settings if isinstance(source, LiveRun) else Settings())
        self.state.live = live
        if isinstance(source, LiveRun):
            self.state.expect(source.items)
        elif isinstance(source, RemoteRun):
            self.state.stage = Progress(stage="engine", detail="", done=0, total=None)
        self.down: EngineDown | None = None
        self._make_engine = make_engine
        self._engine: Engine | None = None
        self._connected = False
        self._outbox: list[Request] = []
        self._closing = False

    @property
    def running(self) -> bool:
        """Whether an engine is there, or about to be."""
        return self._engine is not None

    def read_saved(self) -> RunState:
        """The state of the saved run that is the source; slow, may be called in a thread.

        Raises:
            UserError: there is no run that can be read.
        """
        if not isinstance(self.source, SavedRun):
            return self.state
        return saved_state(self.source.directory, self._tell_reading)

    def _tell_reading(self, done: int, total: int) -> None:
        if self._closing:
            raise Closing
        self.state.stage = Progress(stage="read", detail="", done=done, total=total)

    async def tabulate(
        self, tabulated: Callable[[Task], AsyncGenerator[Rows, None]]
    ) -> AsyncGenerator[None, None]:
        """Take in the tables of a run that is too large to make them here, part by part.

        Args:
            tabulated: makes them elsewhere; see `tui.process.tabulator`.
        """
        state = self.state
        items, redecodes = state.items, state.redecodes
        if not isinstance(items, LoggedItems) or not isinstance(redecodes, LoggedRedecodes):
            return
        import polars as pl

        from engine.analysis.tabulating import Task, slices_of

        total = len(items.places)
        slices = await asyncio.to_thread(slices_of, items.places, redecodes.places)
        task = Task(
            log=str(items.file.path),
            reference=state.reference,
            variants=state.variants,
            slices=slices,
        )
        try:
            async with contextlib.aclosing(tabulated(task)) as parts:
                async for part in parts:
                    rows = pl.read_ipc_stream(part.arrow)
                    state.tables.extend(part.variant, part.first, rows)
                    state.stage = reading(part.first + rows.height, total)
                    yield
        except UserError as error:
            self.down = EngineDown(error.message, error.hint)
        state.stage = None
        state.tables.elsewhere = self.down is not None

    async def events(self) -> AsyncIterator[Event]:
        """Start an engine, open the run in it, and yield its events until it ends."""
        engine = self._engine = self._make_engine()
        self.down = None
        try:
            await engine.start()
            opening = self._opening()
            await engine.send(opening)
            while self._outbox:
                await engine.send(self._outbox.pop(0))
            self._connected = True
            async for event in engine.events():
                yield event
                if isinstance(event, Failed) and event.id in (None, opening.id):
                    self.down = self._described(engine, event)
                    break
            if self.down is None and not self._closing:
                failure = await engine.ending()
                if failure is not None:
                    self.down = self._described(engine, failure)
        except UserError as error:
            self.down = EngineDown(error.message, error.hint)
        finally:
            self._engine, self._connected = None, False
            self._outbox.clear()
            self.state.engine_ended()
            if self.down is not None:
                await engine.stop()

    async def close(self) -> None:
        """Stop the engine."""
        self._closing = True
        if self._engine is not None:
            await self._engine.stop()

    async def send(self, request: Request) -> None:
        """Send a request, or keep it until the engine that is starting can take it."""
        if self._engine is not None and self._connected:
            await self._engine.send(request)
        else:
            self._outbox.append(request)

    async def ask(self, asked: Asked) -> None:
        """Ask the engine a question; its answers are folded into the state's questions."""
        self.state.questions.add(asked)
        await self.send(asked.request)

    async def cancel(self) -> bool:
        """Cancel every question that is not answered yet; tells whether there was one."""
        running = self.state.questions.running
        for request_id in running:
            await self.send(Cancel(request=request_id))
        return bool(running)

    async def pause(self, paused: bool) -> None:
        """Pause or resume the background scoring."""
        await self.send(SetScoring(paused=paused))

    def _opening(self) -> Request:
        if isinstance(self.source, SavedRun):
            return OpenRun(directory=str(self.source.directory))
        if isinstance(self.source, RemoteRun):
            return OpenRun(directory=self.source.directory, tell=True)
        return StartRun(
            settings=self.source.settings,
            directory=self.source.directory,
            items=self.source.items if self.source.sent else None,
        )

    def _described(self, engine: Engine, failure: Failed) -> EngineDown:
        stderr = engine.stderr_tail(STDERR_LINES)
        return EngineDown(failure.message, failure.hint, stderr, engine.log)
