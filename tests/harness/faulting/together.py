"""Two processes on one run, one cache entry, one download; and one that reads what is written."""

from __future__ import annotations

import itertools
import json
import random
import threading
from pathlib import Path

from engine.analysis.frame import run_frame
from engine.reports.export import WRITERS, export
from engine.runs.index import index_log
from engine.runs.overview import overview
from engine.runs.reading import LOG, MANIFEST, read_run
from tests.cli_helpers import wait_for
from tests.harness.faulting import commands
from tests.harness.faulting.commands import check_run, refused, standing_still, succeeded
from tests.harness.faulting.fault import Fault, check_nothing_half
from tests.harness.faulting.worker import RUN, tiny_checkpoint
from tests.hub_client import HubClient
from tests.hub_server import REPOSITORY, hub_server
from tui.state.saved import saved_state

KIND = "at once"


def _two_at_once(directory: Path, _: random.Random) -> None:
    """Two begin the same run at once: one of them has it."""
    arguments = commands.score(directory / RUN)
    both = [commands.start(directory, *arguments) for _ in range(2)]
    statuses = [commands.ended(one).returncode for one in both]
    assert 0 in statuses, statuses
    check_nothing_half(directory)
    check_run(directory / RUN)


def _second(directory: Path, _: random.Random) -> None:
    """Whoever comes second says so and stops, whatever it wants to write."""
    arguments = commands.score(directory / RUN)
    first = commands.start(directory, *arguments)
    wait_for(first, "run: ")
    with standing_still(first):
        for words in (
            arguments,
            ("ask", directory / RUN, "Who wrote Faust?"),
            ("runs", "delete", directory / RUN),
        ):
            second = commands.run(directory, *words)
            refused(second)
            assert "another process" in second.stderr or "just now" in second.stderr, second.stderr
    succeeded(commands.ended(first))
    check_run(directory / RUN)


def _one_entry(directory: Path, _: random.Random) -> None:
    """Two runs that need the same variant, and the same calibration text, make it once."""
    both = [commands.start(directory, *commands.score(directory / name)) for name in ("one", "two")]
    for one in both:
        succeeded(commands.ended(one))
    for name in ("one", "two"):
        check_run(directory / name)
    made = list((directory / "cache" / "illusion-tui" / "variants").glob("*.safetensors"))
    assert len(made) == 1, made
    check_nothing_half(directory)


def _one_download(directory: Path, _: random.Random) -> None:
    """Two that fetch the same model from the Hub both have it."""
    with hub_server(tiny_checkpoint(), "slow file") as server:
        clients = [HubClient(directory, server.endpoint) for _ in range(2)]
        outcomes: list[dict[str, object]] = []
        threads = [
            threading.Thread(target=lambda one=one: outcomes.append(one.resolve(REPOSITORY)))
            for one in clients
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
    found = {str(outcome.get("directory")) for outcome in outcomes}
    assert len(found) == 1, outcomes
    assert found != {"None"}, outcomes
    weights = Path(found.pop()) / "model.safetensors"
    assert weights.read_bytes() == (tiny_checkpoint() / "model.safetensors").read_bytes()


def _read_meanwhile(directory: Path, _: random.Random) -> None:
    """A run is read, listed, exported and opened while it is written: all that is told is whole."""
    run = directory / RUN
    process = commands.start(directory, *commands.score(run, "--limit", 40))
    wait_for(process, "run: ")
    rows: list[set[str]] = []
    looks = 0
    while process.poll() is None:
        if (run / MANIFEST).exists():
            rows.append(_read(run, directory))
            looks += 1
    succeeded(commands.ended(process))
    rows.append(_read(run, directory))
    assert looks, "it was never read meanwhile"
    for before, after in itertools.pairwise(rows):
        assert before <= after, "a row is another one later"
    assert len(rows[-1]) == 40


def _read(run: Path, directory: Path) -> set[str]:
    """Read a run in every way; its rows."""
    found = read_run(run)
    [entry] = overview([run])
    assert not entry.problem, entry.problem
    index_log(run / LOG)
    saved_state(run, lambda done, of: None)
    for suffix in WRITERS:
        export(found, directory / f"x{suffix}")
    return {json.dumps(row) for row in run_frame(found).rows(named=True)}


FAULTS = (
    Fault(KIND, "two that begin one run", _two_at_once, 3),
    Fault(KIND, "a second one on a run", _second, 2, short=False),
    Fault(KIND, "two that make one variant", _one_entry, 3, short=False),
    Fault(KIND, "two that fetch one model", _one_download, 2, short=False),
    Fault(KIND, "one that reads what another writes", _read_meanwhile, 3, short=False),
)
