"""Directories that may not be written."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.records.protocol import Notice
from engine.reports.export import WRITERS
from engine.runs.reading import read_run
from tests.harness.faulting import commands
from tests.harness.faulting.commands import Limits, check_run, refused, succeeded
from tests.harness.faulting.fault import Fault, check_nothing_half
from tests.harness.faulting.home import PLACES, own_home
from tests.harness.faulting.worker import (
    A_RUN,
    RUN,
    failures,
    play,
    tiny_checkpoint,
    undisturbed,
)
from tests.harness.faulting.writes import SCORED
from tests.run_library import put_run

KIND = "read-only"
WRITABLE, READABLE = 0o755, 0o555
RUNS = Path("data/illusion-tui/runs")


@contextmanager
def read_only(*directories: Path) -> Iterator[Limits]:
    """These directories, and what is in them, may not be written meanwhile; yields what a command
    needs to be refused there."""
    found = [path for directory in directories for path in (directory, *directory.rglob("*"))]
    before = [(path, path.stat().st_mode) for path in found if not path.is_symlink()]
    for path, _ in before:
        path.chmod(READABLE if path.is_dir() else 0o444)
    try:
        yield commands.without_rights()
    finally:
        for path, mode in before:
            path.chmod(mode)


def _home(directory: Path) -> Path:
    """A home that anybody may write, but for what is made read-only in it."""
    home = directory / "home"
    for place in ("", *PLACES.values()):
        (home / place).mkdir(exist_ok=True)
        (home / place).chmod(0o777)
    return home


def _saved_run(home: Path) -> Path:
    return put_run(home / RUN, SCORED)


def _refused(
    place: str,
    arguments: Callable[[Path], Sequence[object]],
    prepare: Callable[[Path], object] = _saved_run,
) -> Callable[[Path, random.Random], None]:
    """A command that is to write below a place of the home that may not be written."""

    def attempt(directory: Path, _: random.Random) -> None:
        home = _home(directory)
        prepare(home)
        target = home / place
        target.mkdir(exist_ok=True)
        before = _state(target)
        with read_only(target) as limits:
            refused(commands.run(home, *arguments(home), limits=limits))
        assert _state(target) == before, "something was written"

    return attempt


def _own_run(home: Path) -> Path:
    return put_run(home / RUNS / RUN, SCORED)


def _state(directory: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in directory.rglob("*")
    }


def _scored_with(place: str) -> Callable[[Path, random.Random], None]:
    """A run is scored as ever, also where a place may not be written."""

    def attempt(directory: Path, _: random.Random) -> None:
        home = _home(directory)
        with read_only(home / place) as limits:
            scored = commands.run(home, *commands.score(home / RUN), limits=limits)
        succeeded(scored)
        check_run(home / RUN)
        check_nothing_half(home)

    return attempt


def _no_cache(directory: Path, _: random.Random) -> None:
    """Nothing can be put into the cache, whoever one is: a run is scored as ever, and says so."""
    with own_home(directory):
        (directory / "cache").rmdir()
        (directory / "cache").write_bytes(b"")
        events = play(A_RUN.requests(directory))
        assert not failures(events), failures(events)
        told = [event.text for event in events if isinstance(event, Notice)]
        for what in ("the calibration text", "the variant wanda:0.5"):
            assert any(text.startswith(f"{what} is not kept") for text in told), told
        assert A_RUN.result(directory) == undisturbed(A_RUN), "it is another one"


def _run_of_another(directory: Path, _: random.Random) -> None:
    """A run that one may read and not write."""
    home = _home(directory)
    run = home / RUN
    succeeded(commands.run(home, *commands.score(run)))
    item = next(iter(read_run(run).items)).id
    before = _state(run)
    with read_only(run) as limits:
        for words in (
            commands.score(run),
            ("redecode", run, item, "--beam", 2),
            ("ask", run, "Who wrote Faust?"),
        ):
            refused(commands.run(home, *words, limits=limits))
        succeeded(commands.run(home, "export", run, "--to", home / "x.csv", limits=limits))
    assert _state(run) == before, "something was written"
    succeeded(commands.run(home, "redecode", run, item, "--beam", 2))


def _to(command: str, name: str) -> Callable[[Path, random.Random], None]:
    return _refused("there", lambda home: (command, home / RUN, "--to", home / "there" / name))


FAULTS = (
    Fault(KIND, "no cache", _no_cache),
    Fault(KIND, "the cache", _scored_with("cache"), short=False),
    Fault(KIND, "a config file", _refused("config", lambda _: ("config", "--write"))),
    *(
        Fault(KIND, f"an export {suffix}", _to("export", f"x{suffix}"), short=suffix == ".csv")
        for suffix in WRITERS
    ),
    Fault(KIND, "a pack", _to("pack", "x.illusion"), short=False),
    Fault(KIND, "a picture", _to("shot", "x.svg"), short=False),
    Fault(
        KIND,
        "other verdicts",
        _refused(RUN, lambda home: ("judge", home / RUN, "--judge", "exact")),
        short=False,
    ),
    Fault(
        KIND,
        "a renamed run",
        _refused(str(RUNS), lambda _: ("runs", "rename", RUN, "x"), _own_run),
        short=False,
    ),
    Fault(
        KIND,
        "a deleted run",
        _refused(str(RUNS), lambda _: ("runs", "delete", RUN), _own_run),
        short=False,
    ),
    Fault(
        KIND,
        "a new run",
        _refused("there", lambda home: commands.score(home / "there" / RUN)),
        short=False,
    ),
    Fault(
        KIND,
        "a checkpoint",
        _refused(
            "there",
            lambda home: (
                *("prune", "--model", tiny_checkpoint(), "--recipe", "magnitude:0.5"),
                *("--save", home / "there" / "saved"),
            ),
        ),
        short=False,
    ),
    Fault(KIND, "the engine's log", _scored_with("state"), short=False),
    Fault(KIND, "somebody else's run", _run_of_another, short=False),
)
