"""A wall clock that jumps, back by hours and forwards by days, also while a run is scored."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import sys
from pathlib import Path

from engine.runs.reading import read_manifest, read_run
from tests.cli_helpers import ROOT, wait_for
from tests.harness.faulting import commands
from tests.harness.faulting.commands import Limits, refused, standing_still, succeeded
from tests.harness.faulting.fault import Fault, check_nothing_half
from tests.harness.faulting.worker import RUN
from tests.harness.faulting.writes import SCORED
from tests.run_library import put_run

KIND = "clock"
HOUR, DAY = 3600, 86400
RUNS = Path("data/illusion-tui/runs")
LONGEST_SECONDS = 600
"""No run here takes longer: a longer time left is made up."""
_LEFT = re.compile(r"(?:(\d+):)?(\d+):(\d\d)(?: left|$)", re.MULTILINE)
"""The time left, and at the end the time that it took."""


def jumping(*jumps: tuple[float, float]) -> Limits:
    """A clock that is so far ahead so many seconds after a process has begun."""
    told = ",".join(f"{after}:{ahead}" for after, ahead in jumps)
    path = f"{Path(__file__).parent / 'jumping'}{os.pathsep}{ROOT}"
    return Limits(more={"CLOCK_JUMPS": told, "PYTHONPATH": path})


def _any_jumps(rng: random.Random) -> Limits:
    after = sorted(rng.uniform(0, 8) for _ in range(3))
    ahead = [rng.choice((-10 * HOUR, -HOUR, 3 * DAY, 400 * DAY)) for _ in after]
    return jumping((0, rng.choice((0, -5 * HOUR, 2 * DAY))), *zip(after, ahead, strict=True))


def _scoring(directory: Path, rng: random.Random) -> None:
    """The clock jumps while a run is scored, by an engine that must give signs of life."""
    engine = shlex.join([sys.executable, "-P", "-m", "engine.server"])
    arguments = commands.score(directory / RUN, "--engine", engine)
    done = commands.run(directory, *arguments, limits=_any_jumps(rng))
    succeeded(done)
    for left in _LEFT.findall(done.stderr):
        hours, minutes, seconds = (int(part or 0) for part in left)
        assert 3600 * hours + 60 * minutes + seconds < LONGEST_SECONDS, done.stderr
    check_nothing_half(directory)
    commands.check_run(directory / RUN)


def _resuming(directory: Path, rng: random.Random) -> None:
    """A run is stopped, and goes on hours before it was begun."""
    arguments = commands.score(directory / RUN)
    process = commands.start(directory, *arguments, limits=jumping((0, 2 * DAY)))
    wait_for(process, "scored ")
    process.terminate()
    process.communicate()
    begun = read_manifest(directory / RUN).created
    done = commands.run(directory, *arguments, limits=jumping((0, -rng.randrange(1, 20) * HOUR)))
    succeeded(done)
    assert "already scored" in done.stderr, done.stderr
    assert read_manifest(directory / RUN).created == begun
    commands.check_run(directory / RUN)


def _locked(directory: Path, rng: random.Random) -> None:
    """A lock holds for as long as its process lives, whatever the clock says."""
    arguments = commands.score(directory / RUN)
    first = commands.start(directory, *arguments, limits=_any_jumps(rng))
    wait_for(first, "run: ")
    with standing_still(first):
        second = commands.run(directory, *arguments, limits=jumping((0, 30 * DAY)))
    refused(second)
    assert "is working on the run" in second.stderr, second.stderr
    succeeded(commands.ended(first))


def _ages(directory: Path, _: random.Random) -> None:
    """The ages of runs: none is negative."""
    put_run(directory / RUNS / "a", SCORED, age_seconds=HOUR + 60)
    for ahead, age in ((0, "1 h"), (-10 * HOUR, "0 s"), (3 * DAY, "3 d")):
        done = commands.run(directory, "runs", limits=jumping((0, ahead)))
        succeeded(done)
        assert age in done.stdout, f"{ahead} s ahead: {done.stdout}"


def _trash(directory: Path, _: random.Random) -> None:
    """Of several runs with a name, the one that was deleted last comes back."""
    for count, ahead in ((2, 3 * DAY), (4, -10 * HOUR)):
        put_run(directory / RUNS / RUN, SCORED, done=count)
        succeeded(commands.run(directory, "runs", "delete", RUN, limits=jumping((0, ahead))))
    succeeded(commands.run(directory, "runs", "restore", RUN))
    found = len(read_run(directory / RUNS / RUN).scored)
    assert found == 4, f"the one that was deleted before it came back: {found} items"
    listed = commands.run(directory, "runs", "--json")
    assert len(json.loads(listed.stdout)["runs"]) == 1


FAULTS = (
    Fault(KIND, "while a run is scored", _scoring, 6, short=False),
    Fault(KIND, "before a run goes on", _resuming, 3, short=False),
    Fault(KIND, "while a run is locked", _locked, 3, short=False),
    Fault(KIND, "the ages of runs", _ages),
    Fault(KIND, "deleted runs", _trash),
)
