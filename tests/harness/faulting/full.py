"""A disk that is full while the engine works, or a command talks."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.harness.faulting import commands
from tests.harness.faulting.commands import Limits
from tests.harness.faulting.fault import Fault, Unavailable, check_nothing_half
from tests.harness.faulting.home import own_home
from tests.harness.faulting.room import any_room, short_files
from tests.harness.faulting.worker import A_RUN, RUN, SCENES, Scene, play_with
from tests.harness.faulting.writes import SCORED
from tests.run_library import put_run

KIND = "disk full meanwhile"
LARGEST = 120_000
"""About the bytes of the largest file that a worker writes here."""
NOWHERE = Path("/dev/full")


def _meanwhile(scene: Scene) -> Fault:
    def attempt(directory: Path, rng: random.Random) -> None:
        play_with(scene, directory, short_files(any_room(rng, LARGEST)))

    short = scene.name in (A_RUN.name, "a saved checkpoint")
    return Fault(KIND, scene.name, attempt, 10, short=short)


def _command(directory: Path, rng: random.Random) -> None:
    """A run whose engine, log and all can write no more than so much."""
    out = directory / RUN
    arguments = commands.score(out)
    limits = Limits(files=any_room(rng, LARGEST))
    done = commands.run(directory, *arguments, limits=limits)
    check_nothing_half(directory)
    if done.returncode:
        commands.succeeded(commands.run(directory, *arguments))
    commands.check_run(out)


def _engine_log(directory: Path, _: random.Random) -> None:
    """An engine that has much to say, and whose log takes nothing."""
    told = (
        "import sys; from engine.own_log import log_to_stderr; log_to_stderr();"
        "print('x' * 100_000); print('y', file=sys.stderr, flush=True); sys.exit(7)"
    )
    with _full().open("wb") as nowhere:
        done = subprocess.run([sys.executable, "-c", told], stderr=nowhere, check=False)
    assert done.returncode == 7, f"status {done.returncode}"


def _talking(*arguments: object, stream: str) -> Callable[[Path, random.Random], None]:
    """A command whose standard output, or standard error, takes nothing."""

    def attempt(directory: Path, _: random.Random) -> None:
        with own_home(directory):
            put_run(directory / "data" / "illusion-tui" / "runs" / RUN, SCORED)
        with _full().open("wb") as nowhere:
            if stream == "stdout":
                done = commands.ended(commands.start(directory, *arguments, stdout=nowhere))
                assert done.returncode == 1, f"status {done.returncode}: {done.stderr}"
                assert "standard output can't be written" in done.stderr, done.stderr
            else:
                done = commands.ended(commands.start(directory, *arguments, stderr=nowhere))
                assert done.returncode == 0, f"status {done.returncode}"
                assert done.stdout, "nothing was printed"

    return attempt


def _full() -> Path:
    if not NOWHERE.exists():
        raise Unavailable(f"there is no {NOWHERE}")
    return NOWHERE


FAULTS = (
    *map(_meanwhile, SCENES),
    Fault(KIND, "a command with its engine", _command, 5, short=False),
    Fault(KIND, "what the engine logs", _engine_log),
    Fault(KIND, "standard output", _talking("runs", "--json", stream="stdout")),
    Fault(KIND, "standard error", _talking("config", stream="stderr")),
)
