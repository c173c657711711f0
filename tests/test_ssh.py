"""The engine on another machine, through a real SSH server."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.records.protocol import PROTOCOL
from engine.runs.reading import LOG, read_manifest
from tests.cli_helpers import run_cli, start_cli, wait_for
from tests.ssh_server import ENGINE, Machine, gone_within, machine
from tests.tiny_models import save_tiny_checkpoint

ITEMS = 40
GONE_SECONDS = 5.0


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path / "box") as made:
        yield made


@pytest.fixture(scope="module")
def box_with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that has a tiny checkpoint, at a path that only means something there."""
    with machine(tmp_path_factory.mktemp("with-model") / "box") as made:
        save_tiny_checkpoint("llama", made.home / "tiny")
        yield made


def options(box: Machine) -> list[object]:
    return [
        *("--engine", box.engine, "--model", "./tiny", "--language", "en", "--limit", ITEMS),
        *("--batch-size", 1, "--answer-tokens", 8, "--dtype", "float32"),
        *("--calibration-sequences", 2, "--calibration-tokens", 32),
    ]


def scored_ids(run: Path) -> list[str]:
    """The ids in the log of a run, each as often as it was scored."""
    records = map(json.loads, (run / LOG).read_text().splitlines())
    return [one["scored"]["item"]["id"] for one in records if one["record"] == "scored"]


def errors(talk: str) -> list[str]:
    return [line for line in talk.splitlines() if line.startswith("error: ")]


def client_of(process: subprocess.Popen[str]) -> int:
    """The ssh that a command has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


def test_a_run_that_was_cut_twice_goes_on_and_scores_nothing_twice(
    box_with_model: Machine, tmp_path: Path
) -> None:
    box = box_with_model
    command = ["score", *options(box), "--out", "runs/cut", "--json"]

    cut_there = start_cli(tmp_path, *command)
    wait_for(cut_there, "scored ")
    engine = box.pid
    box.cut()
    data, talk = cut_there.communicate(timeout=60)
    assert (cut_there.returncode, data) == (1, "")
    (error,) = errors(talk)
    assert error.startswith("error: the connection to the engine was cut: ")
    assert f"kept in {box.home / 'runs' / 'cut'} on the engine's machine; the same command" in talk
    assert gone_within(engine, GONE_SECONDS)

    cut_here = start_cli(tmp_path, *command)
    wait_for(cut_here, "scored ")
    engine = box.pid
    os.kill(client_of(cut_here), signal.SIGKILL)
    data, talk = cut_here.communicate(timeout=60)
    assert (cut_here.returncode, data) == (1, "")
    assert errors(talk) == ["error: the connection to the engine was cut: ssh was killed (SIGKILL)"]
    assert gone_within(engine, GONE_SECONDS)

    done = run_cli(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert "already scored" in done.stderr
    summary = json.loads(done.stdout)
    assert summary["items"] == ITEMS
    run = Path(summary["directory"])
    assert run == box.home / "runs" / "cut"
    ids = scored_ids(run)
    assert len(ids) == len(set(ids)) == ITEMS

    # What is on the other machine's disk can be asked for, by a path that means nothing here.
    there = ("runs/cut", ids[0], "--engine", box.engine, "--json")
    looked = run_cli(tmp_path, "xray", *there, "--instrument", "depth")
    assert looked.returncode == 0, looked.stderr
    [finding] = json.loads(looked.stdout)["findings"]
    assert finding["item_id"] == ids[0]


def test_items_of_this_machine_are_scored_on_the_other(
    box_with_model: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = box_with_model
    items = tmp_path / "mine.csv"
    head = "question,gold,language\n"
    items.write_text(f"{head}What is the capital of Chile?,Santiago,en\n")
    # Another file of that name there is not taken for it.
    (box.home / "mine.csv").write_text(f"{head}One?,1,en\nTwo?,2,en\n")
    monkeypatch.chdir(tmp_path)
    done = run_cli(tmp_path, "score", *options(box), "--items", "mine.csv", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["items"] == 1
    run = Path(summary["directory"])
    assert run.is_relative_to(box.home / "data")
    assert not (tmp_path / "data").exists()
    assert read_manifest(run).items.source == str(items)

    missing = run_cli(tmp_path, "score", *options(box), "--items", "yours.csv")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "error: yours.csv: no such file" in missing.stderr
    assert "Paths are those of the engine's machine" in missing.stderr

    items.write_text(f"{head}What is the capital of Chile?,,en\n")
    before = box.starts
    wrong = run_cli(tmp_path, "score", *options(box), "--items", items)
    assert wrong.returncode == 2
    assert "row 2, field gold" in wrong.stderr
    assert box.starts == before


def test_what_a_shell_says_before_the_engine_is_no_event(box: Machine, tmp_path: Path) -> None:
    box.install(f"echo 'Welcome to gpubox'; printf '{{motd}} 2 updates: '; {ENGINE}")
    done = run_cli(tmp_path, "doctor", "--json", "--engine", box.engine)
    assert done.returncode == 0, done.stderr
    assert "devices" in json.loads(done.stdout)
    logs = "".join(log.read_text() for log in tmp_path.rglob("engine-*.log"))
    assert "not an event: Welcome to gpubox" in logs
    assert "not an event: {motd} 2 updates:" in logs


def test_two_versions_are_told_apart(box: Machine, tmp_path: Path) -> None:
    python = shlex.quote(sys.executable)
    served = "import engine.server as server; server.PROTOCOL {} 1; server.main()"
    for sign, older in (("-=", "engine"), ("+=", "inspector")):
        box.install(f"exec {python} -P -c '{served.format(sign)}'")
        done = run_cli(tmp_path, "doctor", "--engine", box.engine)
        assert (done.returncode, done.stdout) == (1, "")
        other = PROTOCOL + (1 if sign == "+=" else -1)
        (error,) = errors(done.stderr)
        assert f"speaks protocol {other}" in error
        assert error.endswith(f"speaks {PROTOCOL}")
        assert f"same version of illusion-tui on both sides; the {older}'s is the older one" in (
            done.stderr
        )


def test_what_keeps_ssh_from_the_engine_is_said_and_nothing_waits(
    box: Machine, tmp_path: Path
) -> None:
    def refused() -> str:
        began = time.monotonic()
        done = run_cli(tmp_path, "doctor", "--engine", box.engine, seconds=60)
        assert time.monotonic() - began < 30
        assert (done.returncode, done.stdout) == (1, "")
        assert len(errors(done.stderr)) == 1
        return done.stderr

    box.trust(user=False)
    talk = refused()
    assert "error: the engine can't be reached: " in talk
    assert "Permission denied" in talk
    assert "No password can be typed here" in talk

    box.trust(host=False)
    talk = refused()
    assert "error: the engine can't be reached: Host key verification failed" in talk
    assert f"Connect once by hand, to see and accept the host's key: {box.engine}" in talk

    box.trust()
    (box.home / "bin" / "illusion-engine").unlink()
    talk = refused()
    assert "error: the other machine can't start the engine: " in talk
    assert "Install illusion-tui on that machine" in talk
