"""What the inspector can rely on when it talks to an engine process: real processes, real pipes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from engine.records.errors import UserError
from engine.records.protocol import (
    PROTOCOL,
    Diagnose,
    Diagnosis,
    EngineReady,
    Event,
    Failed,
    Notice,
)
from tui.process.client import EngineClient

READY = f"""
import os, signal, sys, time
from engine.records.protocol import *
def emit(event):
    sys.stdout.buffer.write(encode(event)); sys.stdout.buffer.flush()
def requests():
    for line in sys.stdin.buffer:
        yield decode_request(line)
ready = EngineReady(protocol={PROTOCOL}, version="{version("illusion-tui")}")
"""


Make = Callable[[str], EngineClient]


@pytest.fixture
async def client_for(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a client of a script; all of them are stopped at the end."""
    made = []

    def make(script: str) -> EngineClient:
        command = [sys.executable, "-c", READY + script]
        made.append(EngineClient(command, log=tmp_path / "log" / "engine.log"))
        return made[-1]

    yield make
    for client in made:
        await client.stop(grace_seconds=0)


async def all_events(client: EngineClient) -> list[Event]:
    return [event async for event in client.events()]


async def test_a_request_is_answered_and_shutdown_ends_the_engine(client_for: Make) -> None:
    client = client_for(
        """
emit(ready)
for request in requests():
    if isinstance(request, Shutdown):
        print("bye", file=sys.stderr)
        sys.exit(0)
    emit(Diagnosis(sections={"echo": {"request": type(request).__name__}}))
"""
    )
    await client.start()
    events = client.events()
    assert isinstance(await anext(events), EngineReady)
    await client.send(Diagnose())
    answer = await anext(events)
    assert isinstance(answer, Diagnosis)
    assert answer.sections == {"echo": {"request": "Diagnose"}}
    assert await client.stop() == 0
    assert await client.stop() == 0
    assert client.stderr_tail() == "bye"
    assert await client.ending() is None


async def test_lines_of_many_megabytes_arrive_whole(client_for: Make) -> None:
    client = client_for(
        'emit(ready); emit(Notice(text="é" * 5_000_000)); emit(Notice(text="after"))'
    )
    await client.start()
    events = await all_events(client)
    assert [len(e.text) for e in events if isinstance(e, Notice)] == [5_000_000, 5]


async def test_a_banner_before_the_engine_is_ready_is_kept_out_of_the_events(
    client_for: Make,
) -> None:
    client = client_for(
        'print("Welcome to gpubox\\n\\n42", flush=True); emit(ready); '
        'print("stray [/b] \\x1b[31m", flush=True); print(); emit(Notice(text="fine"))'
    )
    await client.start()
    ready, stray, fine = await all_events(client)
    assert isinstance(ready, EngineReady)
    assert isinstance(stray, Notice)
    assert "stray [/b] \x1b[31m" in stray.text
    assert fine == Notice(text="fine")
    assert "Welcome to gpubox" in client.log.read_text()


async def test_another_protocol_version_fails_with_what_to_do(client_for: Make) -> None:
    client = client_for('emit(EngineReady(protocol=99, version="9.9")); time.sleep(60)')
    await client.start()
    (failed,) = await all_events(client)
    assert isinstance(failed, Failed)
    assert "99" in failed.message
    assert "same version" in failed.hint
    began = time.monotonic()
    assert await client.stop(grace_seconds=0.1) == -signal.SIGTERM
    assert time.monotonic() - began < 5


async def test_a_killed_engine_ends_the_events_and_says_what_happened(client_for: Make) -> None:
    client = client_for(
        'emit(ready); sys.stdout.write(\'{"type":"Notice","te\'); sys.stdout.flush(); '
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    await client.start()
    assert [type(event) for event in await all_events(client)] == [EngineReady]
    failed = await client.ending()
    assert failed is not None
    assert failed.message == "the engine was killed (SIGKILL)"
    assert "memory" in failed.hint
    assert str(client.log) in failed.hint
    await client.send(Diagnose())
    await client.send(Diagnose())


async def test_a_crash_shows_its_last_words(client_for: Make) -> None:
    client = client_for('raise OSError("no such device")')
    await client.start()
    assert await all_events(client) == []
    failed = await client.ending()
    assert failed is not None
    assert failed.message == "the engine ended with exit status 1 before it was ready"
    assert "OSError: no such device" in failed.hint


async def test_an_engine_that_ignores_everything_is_killed(client_for: Make) -> None:
    client = client_for(
        """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
emit(ready)
while True:
    emit(Notice(text="x" * 100_000))
"""
    )
    await client.start()
    assert isinstance(await anext(client.events()), EngineReady)
    assert await client.stop(grace_seconds=0.1) == -signal.SIGKILL


async def test_stop_keeps_what_the_engine_still_had_to_say(client_for: Make) -> None:
    client = client_for(
        """
emit(ready)
for request in requests():
    for number in range(50):
        emit(Notice(text=str(number) * 10_000))
    break
"""
    )
    await client.start()
    events = client.events()
    await anext(events)
    assert await client.stop() == 0
    assert len([event async for event in events]) == 50


async def test_ctrl_c_in_the_terminal_does_not_reach_the_engine(client_for: Make) -> None:
    client = client_for("emit(ready)\nfor request in requests(): break")
    await client.start()
    await anext(client.events())
    assert client.pid is not None
    assert os.getsid(client.pid) != os.getsid(0)
    await client.stop()


async def test_what_the_engine_started_ends_with_it(client_for: Make) -> None:
    client = client_for(
        """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
emit(ready); emit(Notice(text=str(child.pid))); time.sleep(600)
"""
    )
    await client.start()
    events = client.events()
    await anext(events)
    child = await anext(events)
    assert isinstance(child, Notice)
    await client.stop(grace_seconds=0.1)
    for _ in range(100):
        if not _running(int(child.text)):
            break
        await asyncio.sleep(0.05)
    assert not _running(int(child.text))


async def test_a_command_that_cannot_run_is_a_user_error(tmp_path: Path) -> None:
    client = EngineClient(["/no/such/engine"], log=tmp_path / "engine.log")
    with pytest.raises(UserError, match="/no/such/engine") as raised:
        await client.start()
    assert "--engine" in raised.value.hint
    assert await client.stop() is None


async def test_the_tail_holds_only_this_engines_words(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("an earlier engine\n")
    client = EngineClient([sys.executable, "-c", "import sys; sys.stderr.write('now\\n')"], log=log)
    await client.start()
    assert await all_events(client) == []
    await client.stop()
    assert client.stderr_tail() == "now"
    assert log.read_text() == "an earlier engine\nnow\n"


def _running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
