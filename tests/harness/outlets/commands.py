"""Commands: what each says on standard output and standard error of hostile text."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from unittest import mock

import typer

from engine.items.validation import FIELDS
from tests.cli_helpers import ROOT, environment, run_cli
from tests.harness.acting import acting
from tests.harness.hostile_run import HostileRun, benign, hostile_run, infection, write
from tests.harness.kinds import HALVES, KINDS
from tests.harness.outlet import Outlet
from tui import cli

UNKNOWN_SECONDS = 20
"""A command that isn't known here, and goes on for so long, serves somebody."""
PARTS = 3
"""A case tries every third command: each takes some seconds."""
RUNS = Path("data") / "illusion-tui" / "runs"


@contextlib.contextmanager
def at_home(home: Path) -> Iterator[None]:
    """Config, runs, logs and caches are under a directory, as for a command that runs there."""
    changed = environment(home)
    with mock.patch.dict("os.environ", changed), contextlib.chdir(home):
        yield


def _commands(seed: int, directory: Path) -> frozenset[str]:
    with at_home(directory):
        runs = directory / RUNS
        runs.mkdir(parents=True)
        run = hostile_run(runs, seed)
        whole = benign(runs / "plain")
        write(whole)
        uses = _uses(run, whole, directory, seed)
        names = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
        chosen = sorted(names)[seed % PARTS :: PARTS]
        for name in chosen:
            for arguments in uses.get(name, ()):
                _look((name, *arguments), _said(name, *arguments))
            for text in _named(seed):
                if name in uses:
                    _look((name, text), _said(name, text, "--nothing", text))
                elif _typable(text):
                    _look((name, text), _unknown(directory, name, text))
        return frozenset(chosen)


def _uses(
    run: HostileRun, whole: HostileRun, home: Path, seed: int
) -> Mapping[str, Sequence[Sequence[str]]]:
    """What each command is asked, so that it has something to say."""
    hostile, item = str(run.directory), run.scored[0].item
    engine = shlex.join([sys.executable, "-m", "tests.harness.hostile_engine", str(seed)])
    reached, refused = ("--engine", engine), ("--engine", f"{engine} refuses")
    missing = infection(seed + 1).text("missing").replace("\0", "")
    export = [("export", "--to", str(home / f"out{suffix}")) for suffix in (".csv", ".md")]
    return {
        "score": [
            (*reached, "--limit", "2"),
            refused,
            ("--items", str(_items(run, home)), *refused),
        ],
        "open": [(hostile,), (missing,)],
        "redecode": [
            (hostile, item.id, "--beam", "2", *reached),
            (hostile, "kept", "--beam", "2", *reached),
            (hostile, "kept", "--sample", "2", *reached),
            (hostile, missing, "--beam", "2"),
            (hostile, item.id, "--beam", "2", *refused),
        ],
        "ask": [(hostile, f"{missing}? = {missing} | b", *reached), (hostile, "q", *refused)],
        "remedy": [(hostile, *reached), (hostile, *refused)],
        "xray": [
            (hostile, item.id, *reached),
            (hostile, missing),
            (hostile, item.id, *refused),
        ],
        "export": [
            *((hostile, *rest) for _, *rest in export),
            (hostile, "--to", str(home / f"{run.directory.name}.csv")),
            (hostile, "--to", str(home / "x.csv"), "--filter", f'"{missing}"'),
            (hostile, "--to", str(home / "x.csv"), "--variant", missing),
            (hostile, "--to", missing),
        ],
        "groups": [(hostile, "--by", "kind"), (hostile, "--by", missing)],
        "stage": [(hostile,), (missing,)],
        "pack": [
            (hostile, "--to", str(home / f"{run.directory.name}.illusion")),
            (hostile, "--to", str(home / "x"), "--filter", f"id:{missing}"),
        ],
        "shot": [
            (hostile, "--to", str(home / f"{run.directory.name}.svg")),
            (hostile, "--to", str(home / "x.svg"), "--item", missing),
            (hostile, "--to", str(home / "x.svg"), "--screen", missing),
        ],
        "judge": [(hostile, "--judge", "exact"), (hostile, "--judge", missing)],
        "runs": [
            (),
            ("compare", hostile, str(whole.directory)),
            ("compare", f"{hostile}:{run.manifest.settings.recipes[0]}", hostile),
            ("rename", "plain", f"{run.directory.name}2"),
            ("rename", f"{run.directory.name}2", "plain"),
            ("delete", run.directory.name),
            ("restore", run.directory.name),
            ("restore", missing),
        ],
        "import": [(missing, missing, "--out", str(home / "imported"))],
        "prune": [
            ("--recipe", "wanda:0.5", "--save", str(home / "pruned"), *reached),
            ("--recipe", "wanda:0.5", "--save", str(home / "other"), *refused),
            ("--recipe", missing, "--save", str(home / "other")),
        ],
        "items": [()],
        "cache": [(), (missing,)],
        "config": [(), ("--config", str(_config(home, missing)))],
        "doctor": [reached, refused],
    }


def _items(run: HostileRun, home: Path) -> Path:
    """An items file with the run's items, of which one has a field too many."""
    path = home / f"{run.directory.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow((*FIELDS, run.scored[0].item.question))
        table.writerow([*(one for one in FIELDS), "x"])
    return path


def _config(home: Path, text: str) -> Path:
    path = home / "config.toml"
    path.write_text(f"[defaults]\nmodel = {text!a}\n{text!a} = 1\n")
    return path


def _named(seed: int) -> Iterator[str]:
    """What is typed in the place of a name: also what is no text."""
    yield from (HALVES.replace("\ud800", "\udcff").replace("\ud83d", "\udc80"), "\udc9b2J")
    texts = [text for text in KINDS.values() if "\0" not in text]
    yield texts[seed % len(texts)]


def _said(*arguments: str) -> tuple[int, str]:
    """The status of a command, and what it said on both streams."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with (
        mock.patch.object(sys, "argv", ["illusion-tui", *arguments]),
        mock.patch.object(sys, "stdout", streams[0]),
        mock.patch.object(sys, "stderr", streams[1]),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    for stream in streams:
        stream.flush()
    written = (stream.buffer.getvalue() for stream in streams)
    return status, "".join(data.decode() for data in written)


def _typable(text: str) -> bool:
    """Whether a process can be given it."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _unknown(home: Path, name: str, text: str) -> tuple[int, str]:
    try:
        done = run_cli(home, name, text, seconds=UNKNOWN_SECONDS, PYTHONPATH=str(ROOT))
    except subprocess.TimeoutExpired as waited:
        said = [waited.stdout, waited.stderr]
        return 0, b"".join(filter(None, said)).decode()
    return done.returncode, done.stdout + done.stderr


def _look(arguments: Sequence[str], ended: tuple[int, str]) -> None:
    status, said = ended
    assert status in (0, 1, 2), f"{arguments!a}: status {status}"
    found = acting(said.replace("\n", ""))
    assert not found, f"{arguments!a}: {''.join(found[:5])!a} in {said[-2000:]!a}"
    assert "Traceback" not in said, f"{arguments!a}: {said[-2000:]!a}"


OUTLETS = (Outlet("commands", 36, _commands),)
