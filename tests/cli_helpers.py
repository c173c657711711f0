"""Running `illusion-tui` as people do: a process of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ONE_THREAD = "1"
"""For OMP_NUM_THREADS where runs are compared byte by byte: with more threads, float32 sums have
been seen to differ in their last digits from one process to another."""

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "tui.cli"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which config, runs, logs and caches are all under `home`."""
    return {
        **os.environ,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "80",
        **more,
    }


def scripted(behaviour: str = "plain") -> str:
    """The value of `--engine` for an engine without a model."""
    return shlex.join([sys.executable, "-m", "tests.scripted_engine", behaviour])


def run_cli(
    home: Path, *arguments: object, seconds: float = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def start_cli(home: Path, *arguments: object, **more: str) -> subprocess.Popen[str]:
    """Start the command and leave it running."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    """Read the command's standard error until a line has the text."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"the command ended without {text!r}")
