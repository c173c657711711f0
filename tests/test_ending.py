"""How the inspector ends where nobody pressed q, in a pseudo-terminal of its own."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from tests.cli_helpers import scripted
from tests.pty_command import PtyCommand

SIZE = (100, 30)
ON_WHILE_NOTHING_RUNS = {7, 25}
"""Terminal modes: lines wrap, the cursor is shown."""

CRASH = """
from tui.app import InspectorApp

def crash(app):
    raise KeyError("\\x1b[2J")

InspectorApp.action_next_theme = crash
"""
PANIC = """
from tui.app import InspectorApp

class Panic(BaseException):
    pass

def panic(app):
    raise Panic("out of range")

InspectorApp.action_next_theme = panic
"""
BUSY = """
import time
import tui.ending
from tui.app import InspectorApp

tui.ending.LEAVE_SECONDS = 0.5
InspectorApp.action_next_theme = lambda app: time.sleep(600)
"""
CTRL_T = "\x14"


class Inspector(PtyCommand):
    """The inspector on a scripted engine."""

    def __init__(self, home: Path, behaviour: str = "slow", before: str = "") -> None:
        super().__init__(home, "--engine", scripted(behaviour), size=SIZE, before=before)
        self.found = self.attributes()
        self.wait_for("of 5", limit=60)
        self.children = psutil.Process(self.pid).children(recursive=True)

    def assert_nothing_is_left(self) -> None:
        """The terminal is as it was found, and no process lives on."""
        last = {int(mode): state for mode, state in re.findall(rb"\x1b\[\?(\d+)([hl])", self.seen)}
        assert 1049 in last
        assert {mode for mode, state in last.items() if state == b"h"} == ON_WHILE_NOTHING_RUNS
        assert self.attributes() == self.found
        self.assert_no_engine()

    def assert_no_engine(self) -> None:
        assert self.children
        _, alive = psutil.wait_procs(self.children, 10)
        assert not alive

    def last_words(self) -> str:
        """What stands on the screen of before."""
        text = self.seen.rpartition(b"\x1b[?1049l")[2].decode()
        return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", text)


@pytest.mark.usefixtures("hang_ups_heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal_and_ends_the_engine(
    tmp_path: Path, number: signal.Signals
) -> None:
    with Inspector(tmp_path) as inspector:
        os.kill(inspector.pid, number)
        assert inspector.ended() == 130
        inspector.assert_nothing_is_left()
        words = inspector.last_words()
        assert f"interrupted ({number.name}). " in words
        assert "items are kept in /remote/run; the same command goes on" in words


def test_an_inspector_that_hears_nothing_is_ended_all_the_same(tmp_path: Path) -> None:
    with Inspector(tmp_path, before=BUSY) as inspector:
        inspector.press(CTRL_T)
        inspector.listen(1)
        os.kill(inspector.pid, signal.SIGTERM)
        assert inspector.ended() == 130
        inspector.assert_nothing_is_left()


def test_a_terminal_that_is_closed_ends_it(tmp_path: Path) -> None:
    with Inspector(tmp_path) as inspector:
        inspector.hang_up()
        inspector.ended()
        inspector.assert_no_engine()


@pytest.mark.parametrize(
    ("program", "message"), [(CRASH, "KeyError: '\\x1b[2J'"), (PANIC, "Panic: out of range")]
)
def test_what_nobody_foresaw_is_one_message(tmp_path: Path, program: str, message: str) -> None:
    with Inspector(tmp_path, before=program) as inspector:
        inspector.press(CTRL_T)
        assert inspector.ended() == 1
        inspector.assert_nothing_is_left()
        words = inspector.last_words()
    assert f"error: the inspector met what it was not made for: {message}" in words
    assert "items are kept in /remote/run; the same command goes on from there" in words
    assert "Traceback" not in words
    (log,) = tmp_path.rglob("inspector-*.log")
    assert str(log) in words.replace("\r\n", "")
    assert "Traceback (most recent call last)" in log.read_text()
