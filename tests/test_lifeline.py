"""The engine ends when its client is gone, whatever it is at: real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.records.framing import LONGEST_LINE
from engine.records.protocol import EngineReady, Failed, Notice, decode_event
from tests.cli_helpers import environment, start_cli, wait_for
from tests.engine_process import Engine
from tests.pty_command import PtyCommand

SECONDS = 20
"""Generous: it is 5 on a machine that does nothing else."""

STUCK = """
import time
from engine.inspection.inspection import Inspection
from engine.records.protocol import Notice
from engine.server import main

def serve(inspection):
    inspection.emit(Notice(text="stuck"))
    time.sleep(600)

Inspection.serve = serve
main()
"""


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An engine in the middle of a step that doesn't end."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() and decode_event(line) == Notice(text="stuck"):
            break
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("imports", [False, True])
def test_before_it_takes_requests(engine: Engine, imports: bool) -> None:
    if imports:
        engine.until(EngineReady)
    for pipe in (engine.process.stdin, engine.process.stdout):
        assert pipe is not None
        pipe.close()
    engine.process.wait(SECONDS)


def test_in_the_middle_of_a_step(stuck: subprocess.Popen[bytes]) -> None:
    assert stuck.stdout is not None
    stuck.stdout.close()
    assert stuck.wait(SECONDS) == 1


def test_when_its_input_ends_unasked(stuck: subprocess.Popen[bytes]) -> None:
    assert stuck.stdin is not None
    stuck.stdin.close()
    assert stuck.wait(SECONDS) == 1


def test_signs_of_life_are_promised_and_come(engine: Engine) -> None:
    ready = engine.until(EngineReady)
    assert isinstance(ready, EngineReady)
    assert ready.alive_seconds == 5
    assert engine.process.stdout is not None
    assert engine.process.stdout.readline() == b"\n"


def test_a_request_without_an_end_is_refused(engine: Engine) -> None:
    engine.until(EngineReady)
    with contextlib.suppress(BrokenPipeError):
        engine.write(b"x" * (LONGEST_LINE + (1 << 20)))
    failed = engine.until(Failed)
    assert isinstance(failed, Failed)
    assert failed.message == "a request is longer than 64 MB"
    engine.process.wait(SECONDS)


def options(checkpoint: Path, out: Path) -> list[object]:
    """A run whose calibration takes long."""
    return [
        *("--model", checkpoint, "--items", "capitals", "--language", "en", "--limit", 8),
        *("--answer-tokens", 4, "--out", out),
        *("--calibration-sequences", 4000, "--calibration-tokens", 128, "--dtype", "float32"),
    ]


def engines_of(pid: int) -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    return found


def assert_gone(engines: list[psutil.Process]) -> None:
    assert engines
    _, alive = psutil.wait_procs(engines, SECONDS)
    assert not alive


@pytest.mark.usefixtures("hang_ups_heard")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_ends_while_it_compresses(
    tmp_path: Path, checkpoint: Path, number: signal.Signals
) -> None:
    process = start_cli(tmp_path, "score", *options(checkpoint, tmp_path / "run"))
    wait_for(process, "calibrate")
    engines = engines_of(process.pid)
    process.send_signal(number)
    _, talk = process.communicate(timeout=SECONDS + 20)
    assert_gone(engines)
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert "the same command goes on" in talk


def test_an_inspector_that_is_killed_while_its_engine_starts(
    tmp_path: Path, checkpoint: Path
) -> None:
    arguments = options(checkpoint, tmp_path / "run")
    with PtyCommand(tmp_path, *arguments, size=(100, 30)) as command:
        command.wait_for("quit", limit=30)
        deadline = time.monotonic() + SECONDS
        while not (engines := engines_of(command.pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(command.pid, signal.SIGKILL)
        assert command.ended() == -signal.SIGKILL
        assert_gone(engines)
