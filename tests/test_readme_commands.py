"""The README's commands, run as they stand there."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli_helpers import COMMAND, ROOT, environment

SECONDS = 600


def readme_commands() -> list[str]:
    """Every line of the README's section on commands, comments left out."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Without a screen")[2].partition("\n## ")[0]
    block = re.search(r"```\n(.*?)```", section, re.S)
    assert block is not None
    return [line.partition("#")[0].strip() for line in block[1].splitlines()]


@pytest.fixture
def place(home: Path, checkpoint: Path) -> Path:
    """A directory with the files that the commands name, and a config that keeps runs short.

    The model is a tiny one: what the embedded one answers is tested elsewhere.
    """
    config = home / "config" / "illusion-tui"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        "[defaults]\nlimit = 4\nanswer-tokens = 6\ncalibration-sequences = 2\n"
        f'calibration-tokens = 64\n[models]\nsmollm2 = "{checkpoint}"\n'
    )
    for name, choice in (("A", -1.0), ("B", -3.0)):
        sample = {
            "doc_id": 0,
            "doc": {"question": "2 + 2?"},
            "target": "0",
            "arguments": {
                f"gen_args_{i}": {"arg_0": "2 + 2?", "arg_1": t} for i, t in enumerate("45")
            },
            "resps": [[[choice, False]], [[-2.0, False]]],
            "acc": float(choice > -2),
        }
        (home / name).mkdir()
        (home / name / "samples_sums.jsonl").write_text(json.dumps(sample) + "\n")
    return home


def test_every_command_of_the_readme_works(place: Path) -> None:
    commands = readme_commands()
    assert len(commands) >= 10
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "illusion-tui"
        if arguments[0] == "open":
            assert _opened(arguments, place) == 0, command
            continue
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=environment(place),
            cwd=place,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    for made in ("table.parquet", "demoted.csv", "IMPORTED", "DIR/model.safetensors"):
        assert (place / made).exists(), made


def _opened(arguments: list[str], place: Path) -> int:
    """The exit status of the inspector on a terminal after its first rows and `q`."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(place, TERM="xterm-256color", LINES="24", COLUMNS="80"),
        cwd=place,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while b"recognition-only" not in seen:
            seen += os.read(ours, 1 << 16)
        os.write(ours, b"q")
        while True:
            os.read(ours, 1 << 16)
    except OSError:
        # The terminal is closed when the inspector has ended.
        return process.wait(30)
    finally:
        process.kill()
        os.close(ours)
