"""Stops a process at a chosen step of its writing, until whoever watches it has killed it.

It is loaded before the program itself (as `sitecustomize`), in processes of `illusion-tui` and its
engine alone. A step is what changes the names of files under the home directory, or opens one to
write. Every step is counted and noted.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

DIRECTORY = "HARNESS_KILL"
"""Names the directory where steps are noted, and where it is told that one is reached."""
CHOSEN = "HARNESS_KILL_AT"
"""The step, such as "engine 17": before it the process waits. "engine 17 on": it only says so."""
REACHED = "reached"
GO_ON = "go-on"
STEPS = "steps-"
_NAMING = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_LOOKS = 0.002


def role(arguments: Sequence[str]) -> str | None:
    """Which of the two processes a command line is of, if it is of either."""
    program = " ".join(arguments[1:4])
    if "-m engine.server" in program:
        return "engine"
    return "app" if "-m tui.cli" in program or "from tui.cli import main" in program else None


def watch() -> None:
    """Note the steps of this process from now on, and wait before the chosen one."""
    who = role(sys.orig_argv)
    if who is None or DIRECTORY not in os.environ:
        return
    directory = Path(os.environ[DIRECTORY])
    home = os.environ["HOME"]
    chosen_who, number, *on = os.environ.get(CHOSEN, "nobody 0").split()
    chosen = int(number) if chosen_who == who else 0
    notes = os.open(directory / f"{STEPS}{who}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    taken = 0
    inside = False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken, inside
        if inside:
            return
        path = _written(event, arguments)
        if path is None or not _counts(path, home):
            return
        inside = True
        taken += 1
        os.write(notes, f"{event} {path.removeprefix(home)!a}\n".encode())
        if taken == chosen:
            (directory / REACHED).touch()
            while not on and not (directory / GO_ON).exists():
                time.sleep(_LOOKS)
        inside = False

    sys.addaudithook(hook)


def _written(event: str, arguments: tuple[object, ...]) -> str | None:
    """The path that an audit event is about to write or to name anew, if it is."""
    if event == "open":
        flags = arguments[2]
        if not isinstance(flags, int) or not flags & _WRITING:
            return None
    elif event not in _NAMING:
        return None
    path = arguments[0]
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else None


def _counts(path: str, home: str) -> bool:
    """Whether a path is of what must be whole; one that isn't absolute is of a tree's removal."""
    return (path.startswith(home) and not path.startswith(f"{home}/state")) or path[:1] != "/"
