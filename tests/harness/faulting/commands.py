"""Commands in processes of their own, with limits, and how they end."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from engine.reports.export import export
from engine.runs.reading import MANIFEST, read_run
from tests.cli_helpers import COMMAND, ONE_THREAD, environment
from tests.harness.faulting.fault import Unavailable, check_words
from tests.harness.faulting.room import short_files
from tests.harness.faulting.worker import RUN, tiny_checkpoint

SECONDS = 120.0
NOBODY = 65_534


@dataclass(frozen=True)
class Limits:
    """What a command lacks.

    Attributes:
        files: no file grows beyond so many bytes; None for no limit.
        user: it runs as this user; None for one's own.
        through: the command that starts it.
        more: environment variables.
    """

    files: int | None = None
    user: int | None = None
    through: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)


NO_LIMITS = Limits()


def start(
    home: Path,
    *arguments: object,
    limits: Limits = NO_LIMITS,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Start a command, with its engine on one thread: its numbers are then the same every time."""

    with nullcontext() if limits.files is None else short_files(limits.files):
        return subprocess.Popen(
            [*limits.through, *COMMAND, *map(str, arguments)],
            env=environment(home, OMP_NUM_THREADS=ONE_THREAD, **limits.more),
            stdout=stdout,
            stderr=stderr,
            text=True,
            user=limits.user,
            group=limits.user,
            extra_groups=None if limits.user is None else (),
        )


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a command to end well, or with one clear error."""
    try:
        output, talk = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired as late:
        process.kill()
        process.communicate()
        raise AssertionError(f"it hangs; so far it said: {late.stderr!r}") from late
    done = subprocess.CompletedProcess(process.args, process.returncode, output, talk)
    if talk is not None:
        check(done)
    return done


def run(
    home: Path, *arguments: object, limits: Limits = NO_LIMITS
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, which is a good one or one clear error."""
    return ended(start(home, *arguments, limits=limits))


@contextmanager
def standing_still(process: subprocess.Popen[str]) -> Iterator[None]:
    """The engine of a command stands still meanwhile, and holds what it holds."""
    engines = psutil.Process(process.pid).children(recursive=True)
    for engine in engines:
        engine.suspend()
    try:
        yield
    finally:
        for engine in engines:
            engine.resume()


def check(done: subprocess.CompletedProcess[str]) -> None:
    """Whether a command ended well, or with one clear error."""
    assert done.returncode in (0, 1, 2), f"status {done.returncode}: {done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == (1 if done.returncode else 0), f"{done.returncode}: {done.stderr}"
    for error in errors:
        check_words(error.removeprefix("error: "))


def succeeded(done: subprocess.CompletedProcess[str]) -> None:
    """Whether a command ended well."""
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr}"


def refused(done: subprocess.CompletedProcess[str]) -> None:
    """Whether a command ended with an error."""
    assert done.returncode, f"it was not refused: {done.stderr}"


def score(out: Path, *more: object) -> list[object]:
    """The arguments of a run of some seconds, one item at a time."""
    return [
        *(
            "score",
            "--json",
            "--model",
            tiny_checkpoint(),
            "--items",
            "capitals",
            "--language",
            "en",
        ),
        *("--limit", 8, "--batch-size", 1, "--answer-tokens", 4, "--dtype", "float32"),
        *("--calibration-sequences", 2, "--calibration-tokens", 24, "--out", out, *more),
    ]


@functools.cache
def without_rights() -> Limits:
    """What lets a command write only where the rights of files say so: root may write anywhere.

    Raises:
        Unavailable: root can't become somebody else here.
    """
    if os.geteuid() != 0:
        return NO_LIMITS
    for limits in (
        Limits(user=NOBODY),
        # Where nobody else can read this installation.
        Limits(through=("setpriv", "--bounding-set=-dac_override,-dac_read_search")),
    ):
        with tempfile.TemporaryDirectory() as elsewhere, contextlib.suppress(OSError):
            Path(elsewhere).chmod(0o755)
            if start(Path(elsewhere), "--version", limits=limits).wait() == 0:
                return limits
    raise Unavailable("root can't become another user here")


@functools.cache
def undisturbed() -> bytes:
    """What the run of `score` exports where nothing goes wrong."""
    with tempfile.TemporaryDirectory() as name:
        done = run(Path(name), *score(Path(name) / RUN))
        succeeded(done)
        return exported(Path(name) / RUN)


def check_run(run: Path) -> None:
    """Whether a run of `score` is as if nothing had gone wrong."""
    assert exported(run) == undisturbed(), "it is another one"


def exported(run: Path) -> bytes:
    """A run as JSON Lines, in which everything is."""
    assert (run / MANIFEST).exists(), "there is no run"
    target = run.with_name(f"{run.name}.jsonl")
    export(read_run(run), target)
    return target.read_bytes()
