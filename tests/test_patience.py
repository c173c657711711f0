"""What an engine is waited for, and how much of what it says is taken: real processes and pipes."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from engine.records.protocol import EngineReady, Event, Failed, Notice, Progress
from tests.test_client import READY
from tui.process.client import EngineClient
from tui.process.watch import Patience

Make = Callable[[str, Patience], EngineClient]


@pytest.fixture
async def client_for(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a client of a script; all of them are stopped at the end."""
    made = []

    def make(script: str, patience: Patience) -> EngineClient:
        command = [sys.executable, "-c", READY + script]
        made.append(EngineClient(command, tmp_path / "engine.log", patience))
        return made[-1]

    yield make
    for client in made:
        await client.stop(grace_seconds=0)


async def told(client: EngineClient) -> tuple[list[Event], Failed | None]:
    """All events of an engine, and why there are no more."""
    await client.start()
    events = [event async for event in client.events()]
    return events, await client.ending()


async def test_an_engine_that_is_never_ready_is_told_of_and_given_up(client_for: Make) -> None:
    client = client_for("time.sleep(600)", Patience(ready_seconds=3, told_seconds=1))
    events, failed = await told(client)
    assert events
    for event in events:
        assert isinstance(event, Progress)
        assert (event.stage, event.detail[:14]) == ("engine", "no answer for ")
    assert failed is not None
    assert "was not ready after 3 seconds" in failed.message
    assert "EngineReady" in failed.message
    assert "time.sleep(600)" in failed.hint
    assert str(client.log) in failed.hint
    assert client.returncode is not None


async def test_that_it_answered_after_all_is_told(client_for: Make) -> None:
    client = client_for("time.sleep(2.5); emit(ready)", Patience(told_seconds=0.5))
    events, failed = await told(client)
    assert failed is None
    assert [type(event) for event in events[-2:]] == [EngineReady, Progress]
    details = [event.detail for event in events if isinstance(event, Progress)]
    assert details[0].startswith("no answer for ")
    assert details[-1].startswith("it answers")


async def test_talk_on_standard_error_fills_no_disk(client_for: Make) -> None:
    limit = 1 << 20
    script = 'while True: sys.stderr.write("x" * 999 + "\\n"); time.sleep(1e-5)'
    client = client_for(script, Patience(log_bytes=limit))
    events, failed = await told(client)
    assert not events
    assert failed is not None
    assert "to its standard error and was not ready yet" in failed.message
    assert client.log.stat().st_size <= limit


async def test_a_long_log_of_an_engine_at_work_is_cut_in_its_middle(client_for: Make) -> None:
    limit = 1 << 20
    script = """
emit(ready)
sys.stderr.write("first\\n" + "x" * 4_000_000 + "\\nlast\\n"); sys.stderr.flush()
for _ in range(5):
    time.sleep(0.5); print(flush=True)
sys.stderr.write("later\\n"); emit(Notice(text="after"))
"""
    client = client_for(script, Patience(log_bytes=limit))
    events, failed = await told(client)
    assert failed is None
    _, left_out, after = events
    assert isinstance(left_out, Notice)
    assert str(client.log) in left_out.text
    assert after == Notice(text="after")
    text = client.log.read_text()
    assert len(text) <= limit
    assert text.startswith("first\n")
    assert "bytes were left out here" in text
    assert text.endswith("\nlast\nlater\n")


@pytest.mark.parametrize("ready", ["", "emit(ready)"])
async def test_talk_on_standard_output_ends(client_for: Make, ready: str) -> None:
    script = f'{ready}\nwhile True: print("y" * 300, flush=True)'
    client = client_for(script, Patience(stray_bytes=1 << 16))
    events, failed = await told(client)
    assert len([event for event in events if isinstance(event, Notice)]) == (10 if ready else 0)
    assert failed is not None
    assert "no events" in failed.message
    assert client.log.stat().st_size < 1 << 17


async def test_a_line_without_an_end_ends(client_for: Make) -> None:
    script = 'emit(ready)\nwhile True: sys.stdout.write("x" * 9999)'
    client = client_for(script, Patience(line_bytes=1 << 20))
    events, failed = await told(client)
    assert [type(event) for event in events] == [EngineReady]
    assert failed is not None
    assert failed.message == "the engine sent a line of more than 1 MB"


async def test_a_connection_that_was_cut_is_noticed(client_for: Make) -> None:
    """The engine promised signs of life; where they come, silence is no reason to give up."""
    script = """
emit(EngineReady(protocol=ready.protocol, version=ready.version, alive_seconds=0.5))
for _ in range(8):
    time.sleep(0.5); print(flush=True)
emit(Notice(text="still there"))
time.sleep(600)
"""
    client = client_for(script, Patience(silent_beats=6))
    events, failed = await told(client)
    assert events[1:] == [Notice(text="still there")]
    assert failed is not None
    assert failed.message == "the engine gave no sign of life for 3 seconds"
    assert "cut" in failed.hint
