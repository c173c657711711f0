"""Killing `illusion-tui`, its engine or both at a chosen moment, and what is to be said of it."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import psutil

from tests.cli_helpers import COMMAND, ONE_THREAD, ROOT, environment
from tests.harness.halting import CHOSEN, DIRECTORY, GO_ON, REACHED, STEPS, role

TRIAL = "HARNESS_KILL_TRIAL"
"""In the environment of all processes of a trial."""
LEFT_SECONDS = 60.0
"""So long after a kill a process of the trial may live: generous, on a machine that is busy."""
LONGEST_SECONDS = 900.0
"""A command that isn't done by then hangs."""
MOST_DELAY = 0.03
"""Seconds after a step that a process doesn't wait before."""
LOOKS = 0.003

_UNTOLD = ("note", "hint", "error", "(")


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When, whom and how.

    Attributes:
        phase: after so many phases, where no step says when.
        seconds: after the phase began, or after the step.
        step: of writing, such as "engine 17"; None where the time says when.
        held: the process waits before that step.
        whom: "engine", "app" or "both".
        signal: its number.
        torn: half a line is left of a file that lines are appended to.
        process: which of several processes.
    """

    phase: int = 0
    seconds: float = 0.0
    step: str | None = None
    held: bool = False
    whom: str
    signal: int
    torn: bool = False
    process: int = 0

    @property
    def how(self) -> str:
        """Whom, and by which signal."""
        return f"{signal.Signals(self.signal).name} {self.whom}"


class Process(Protocol):
    """A command that is under way."""

    pid: int

    def look(self) -> None:
        """Take in what it says for a moment."""

    def said(self) -> list[tuple[float, str]]:
        """The phases that it has told of so far, with seconds since its start."""

    def phase(self) -> str:
        """What it told of last; empty where that is nothing yet."""

    def over(self) -> int | None:
        """Its exit status, if it has ended."""

    def words(self) -> str:
        """What it has written for people."""

    def printed(self) -> bytes:
        """What it has written for programs."""


class Talking:
    """A command without a screen."""

    def __init__(self, home: Path, arguments: Sequence[str], **more: str) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # it is read when all is over
        self._began = time.monotonic()
        self._said: dict[str, float] = {}
        self._phase = ""
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=environment(home, **more),
            cwd=home,
            stdout=self._output,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def look(self) -> None:
        time.sleep(LOOKS)

    def said(self) -> list[tuple[float, str]]:
        return [(since, phase) for phase, since in self._said.copy().items()]

    def phase(self) -> str:
        return self._phase

    def over(self) -> int | None:
        return self._process.poll()

    def words(self) -> str:
        self._reader.join(5)
        return "".join(self._lines)

    def printed(self) -> bytes:
        """What it wrote to standard output."""
        self._output.seek(0)
        return self._output.read()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.append(line)
            if not line.startswith(_UNTOLD):
                word = line.split()[0].rstrip(":") if line.strip() else ""
                # A search tells what it has tried, by its recipe; some end with a count.
                told = "tried" if ":" in word else "done" if word.isdecimal() else word
                if told:
                    self._phase = told
                    self._said.setdefault(told, time.monotonic() - self._began)


class Trial:
    """The processes of one trial, and the directory in which they note their steps.

    Args:
        home: of all of them.
        notes: an empty directory.
        more: what else their environment has.
    """

    def __init__(self, home: Path, notes: Path, more: Mapping[str, str]) -> None:
        self.home = home
        self._notes = notes
        self._token = secrets.token_hex(8)
        site = notes / "site"
        site.mkdir()
        text = "from tests.harness.halting import watch\n\nwatch()\n"
        (site / "sitecustomize.py").write_text(text)
        self._more = {
            **more,
            DIRECTORY: str(notes),
            TRIAL: self._token,
            "PYTHONPATH": f"{site}{os.pathsep}{ROOT}",
            "OMP_NUM_THREADS": ONE_THREAD,
            "TMPDIR": str(home / "tmp"),
        }

    def start(self, arguments: Sequence[str], moment: Moment | None = None, **more: str) -> Talking:
        """Start a command without a screen."""
        return Talking(self.home, arguments, **self.more(moment), **more)

    def more(self, moment: Moment | None = None) -> dict[str, str]:
        """What the environment of a process has that is killed at a moment, or never."""
        if moment is None or moment.step is None:
            return self._more
        return {**self._more, CHOSEN: moment.step if moment.held else f"{moment.step} on"}

    def steps(self, who: str) -> list[str]:
        """The steps of writing that a process has noted."""
        try:
            return (self._notes / f"{STEPS}{who}").read_text().splitlines()
        except FileNotFoundError:
            return []

    def forget(self) -> None:
        """Forget the steps."""
        for path in self._notes.iterdir():
            if path.is_file():
                path.unlink()

    def strike(self, process: Process, moment: Moment) -> str | None:
        """Wait for the moment and kill; gives the phase that this was in, None after the end."""
        if not self._comes(process, moment):
            return None
        phase = process.phase() or ("writing" if self.steps("app") else "start")
        for pid in _victims(process.pid, moment.whom):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, moment.signal)
        (self._notes / GO_ON).touch()
        return phase

    def left(self) -> list[str]:
        """The processes of the trial that live on, after they had time to end."""
        until = time.monotonic() + LEFT_SECONDS
        while (found := self._alive()) and time.monotonic() < until:
            time.sleep(0.1)
        told = []
        for one in found:
            with contextlib.suppress(psutil.Error):
                told.append(" ".join(one.cmdline())[:200])
                one.kill()
        return told

    def _comes(self, process: Process, moment: Moment) -> bool:
        """Wait for the moment; False where the process ends before it."""
        until = time.monotonic() + LONGEST_SECONDS
        while not self._begun(process, moment) and time.monotonic() < until:
            if process.over() is not None:
                return False
            process.look()
        until = time.monotonic() + moment.seconds
        while time.monotonic() < until and process.over() is None:
            process.look()
        return process.over() is None

    def _begun(self, process: Process, moment: Moment) -> bool:
        if moment.step is not None:
            return (self._notes / REACHED).exists()
        return len(process.said()) >= moment.phase

    def _alive(self) -> list[psutil.Process]:
        found = []
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                ours = one.environ().get(TRIAL) == self._token
                if ours and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found


def _victims(app: int, whom: str) -> list[int]:
    engines = []
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(app).children():
            with contextlib.suppress(psutil.Error):
                if role(child.cmdline()) == "engine":
                    engines.append(child.pid)
    if whom == "app" or not engines:
        return [app]
    return engines if whom == "engine" else [app, *engines]
