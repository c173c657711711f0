"""The inspector on an engine behind a real SSH server: cut, started again, asked."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from engine.records.settings import Settings
from tests.app_helpers import drawn
from tests.ssh_server import Machine, gone_within, machine
from tests.test_ssh import GONE_SECONDS, scored_ids
from tests.tiny_models import save_tiny_checkpoint
from tui.app import InspectorApp
from tui.process.client import EngineClient
from tui.screens.inspect import InspectScreen
from tui.state.session import LiveRun, RemoteRun, RunSource
from tui.widgets.boards import RunBoard

ITEMS = 60
SETTINGS = Settings(
    model="./tiny",
    recipes=("magnitude:0.5",),
    languages=("en",),
    limit=ITEMS,
    batch_size=1,
    answer_tokens=8,
    dtype="float32",
)
SECONDS = 90


class Inspector:
    """An inspector whose engines are on another machine."""

    def __init__(self, app: InspectorApp, pilot: Pilot[int], clients: list[EngineClient]) -> None:
        self.app = app
        self.pilot = pilot
        self.clients = clients

    @property
    def screen(self) -> InspectScreen:
        screen = self.app.screen_stack[1]
        assert isinstance(screen, InspectScreen)
        return screen

    @property
    def item_id(self) -> str:
        assert self.screen.current is not None
        return self.screen.current.item.id

    async def until(self, true: Callable[[], bool]) -> None:
        for _ in range(SECONDS * 20):
            if true():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.05)
        raise AssertionError(f"it did not happen: {self.app.session.down}")

    async def beamed(self) -> None:
        """Press b, and wait for what it brings."""
        item_id = self.item_id
        await self.pilot.press("b")
        await self.until(lambda: bool(self.app.session.state.results(item_id)))


@asynccontextmanager
async def inspected(box: Machine, source: RunSource) -> AsyncIterator[Inspector]:
    clients: list[EngineClient] = []

    def make_engine() -> EngineClient:
        clients.append(EngineClient(shlex.split(box.engine)))
        return clients[-1]

    app = InspectorApp(source, make_engine)
    async with app.run_test(size=(120, 34)) as pilot:
        try:
            yield Inspector(app, pilot, clients)
        finally:
            await app.session.close()


async def test_the_inspector_goes_on_after_a_cut_and_opens_the_run_again(tmp_path: Path) -> None:
    with machine(tmp_path / "box") as box:
        save_tiny_checkpoint("llama", box.home / "tiny")
        async with inspected(box, LiveRun(SETTINGS)) as it:
            session = it.app.session
            await it.until(lambda: session.state.scored >= 2)
            engine, pid = box.pid, it.clients[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await it.until(lambda: session.down is not None)
            assert session.down is not None
            cut = "the connection to the engine was cut: ssh was killed (SIGKILL)"
            assert session.down.message == cut
            assert session.state.scored < ITEMS
            assert gone_within(engine, GONE_SECONDS)

            await it.pilot.press("r")
            await it.until(lambda: session.state.scored == ITEMS)
            run = Path(session.state.directory or "")
            assert run.is_relative_to(box.home)
            ids = scored_ids(run)
            assert len(ids) == len(set(ids)) == ITEMS
            await it.beamed()
            await it.pilot.press("a", *"Capital of Chile = Santiago", "enter")
            await it.until(lambda: bool(session.state.asked_items.scored))

        # By its name, which only the other machine knows.
        async with inspected(box, RemoteRun(run.name)) as it:
            state = it.app.session.state
            board = it.screen.query_one(RunBoard)
            await it.until(lambda: f"saved run, {ITEMS} items" in drawn(board))
            assert (state.scored, len(state.asked_items)) == (ITEMS, 1)
            await it.pilot.press("end")
            await it.beamed()
        assert scored_ids(run) == ids
