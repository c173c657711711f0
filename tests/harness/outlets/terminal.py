"""A terminal: every byte that one gets while hostile text is shown, copied, told and pasted."""

from __future__ import annotations

import random
import shlex
import sys
from pathlib import Path

from textual.keys import key_to_character

from tests.harness.acting import Written, acting, written
from tests.harness.hostile_run import HostileRun, benign, hostile_run, write
from tests.harness.kinds import KINDS
from tests.harness.outlet import Outlet
from tests.harness.outlets.commands import RUNS, at_home
from tests.pty_command import PtyCommand
from tui.app import InspectorApp
from tui.screens.inspect import InspectScreen

SIZES = ((80, 24), (120, 34), (200, 50))
START_SECONDS = 60.0
PAUSE = 0.4
"""Seconds that a terminal is read for after a key."""
_TYPED = {"enter": "\r", "space": " ", "escape": "\x1b", "down": "\x1b[B", "pagedown": "\x1b[6~"}
_SCREEN_KEYS = ("down", "pagedown", "space", "enter", "escape", "escape")
"""Pressed on every screen that opens from the inspector's own."""


def typed(key: str) -> str:
    """What a terminal sends for a key."""
    return _TYPED.get(key) or key_to_character(key) or key


def _terminal(seed: int, directory: Path) -> frozenset[str]:
    size = SIZES[seed % len(SIZES)]
    with at_home(directory):
        runs = directory / RUNS
        runs.mkdir(parents=True)
        run = hostile_run(runs, seed)
        write(benign(runs / "plain"))
    engine = shlex.join([sys.executable, "-m", "tests.harness.hostile_engine", str(seed)])
    saved = _saved(directory, run, engine, size, seed)
    live = _live(directory, engine, size)
    assert saved.clipboard, "nothing was copied"
    for copied in saved.clipboard:
        assert not set(acting(copied)) & {chr(code) for code in range(0xA0)} - set("\t\n\r")
    for found in (saved, live):
        assert not found.foreign, "\n".join(dict.fromkeys(found.foreign[:8]))
    return frozenset(f"CSI {final}" for final in saved.finals | live.finals)


def _saved(home: Path, run: HostileRun, engine: str, size: tuple[int, int], seed: int) -> Written:
    """Everything that a terminal gets of a saved run: all screens, notes, pastes, messages."""
    rng = random.Random(seed)
    with PtyCommand(home, "open", run.directory, "--engine", engine, size=size) as command:
        command.wait_for("recognition", limit=START_SECONDS)
        command.listen(PAUSE)
        command.press("y")
        command.wait_for("copied", limit=START_SECONDS)
        for opened in InspectorApp.SCREEN_CLASSES:
            if opened.OPENS is None or not issubclass(InspectScreen, opened.OPENS.host):
                continue
            for key in (opened.OPENS.key, *_SCREEN_KEYS):
                _press(command, typed(key.split(",")[0]))
            _press(command, "\x1b")
        for keys in ("*", "#odd-loop\r", "N", "b", "\x1b", "s", "U", "A", "\x1b"):
            _press(command, keys)
        for key in ("/", "N", "a", "\x10"):
            _press(command, key)
            pasted = rng.choice([text for text in KINDS.values() if "\x1b" not in text])
            _press(command, f"\x1b[200~a {pasted} b\x1b[201~")
            _press(command, "\t")
            _press(command, "\x1b")
            _press(command, "\x1b")
        command.press("\x03")
        command.ended()
        return written(command.seen)


def _live(home: Path, engine: str, size: tuple[int, int]) -> Written:
    """What it gets of a run that is being scored by an engine that fails."""
    with PtyCommand(home, "--engine", f"{engine} fails", size=size) as command:
        command.wait_for("starts it again", limit=START_SECONDS)
        command.listen(1)
        command.press("\x03")
        command.ended()
        return written(command.seen)


def _press(command: PtyCommand, keys: str) -> None:
    command.press(keys)
    command.listen(PAUSE)


OUTLETS = (Outlet("terminal", 20, _terminal),)
