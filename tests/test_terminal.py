"""The inspector in a real terminal, on the real model: opened, killed, restarted, left."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli_helpers import COMMAND, environment, run_cli

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, home: Path, width: int, height: int, *arguments: object) -> None:
        self._tmux = ["tmux", "-S", str(home / f"tmux-{width}"), "-f", os.devnull]
        command = shlex.join([*COMMAND, *map(str, arguments)])
        variables = {k: v for k, v in environment(home).items() if k not in ("COLUMNS", "LINES")}
        subprocess.run(
            [*self._tmux, "new-session", "-d", "-x", str(width), "-y", str(height), command],
            env=variables,
            check=True,
        )
        self._ask("set-option", "remain-on-exit", "on")
        self.width = width
        shown = self._ask("list-panes", "-F", "#{pane_pid}")
        self.pid = int(shown.strip())

    def screen(self) -> str:
        return self._ask("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self._ask("send-keys", *keys)

    def wait(self, *texts: str, seconds: float = 120) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            screen = self.screen()
            if all(text in screen for text in texts):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{texts} never appeared:\n{screen}")

    def engines(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.Process(self.pid).children(recursive=True)
            if "engine.server" in " ".join(process.cmdline())
        ]

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _ask(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, check=True, encoding="utf-8"
        )
        return done.stdout


@pytest.fixture
def opened(home: Path) -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def test_the_inspector_from_its_first_frame_to_the_last(home: Path, opened: list[Terminal]) -> None:
    run = home / "run"
    options = ("--language", "en", "--items", "capitals", "--limit", "16", "--out", run)
    terminal = Terminal(home, 200, 50, *options)
    opened.append(terminal)
    terminal.wait("recognition-only", "beam", seconds=15)
    terminal.wait("The capital of China is", "Beijing", seconds=180)

    terminal.press("b")
    terminal.wait("beam 8", " of 8", seconds=120)

    (engine,) = terminal.engines()
    engine.send_signal(signal.SIGKILL)
    terminal.wait("starts it again", seconds=30)
    terminal.press("r")
    terminal.wait("16 items scored", seconds=180)
    assert "The capital of China is" in terminal.screen()

    (engine,) = terminal.engines()
    terminal.press("q")
    psutil.wait_procs([engine], timeout=30)
    assert not engine.is_running()

    # The saved run opens at the smallest size, without an engine.
    small = Terminal(home, 80, 24, "open", run)
    opened.append(small)
    screen = small.wait("Beijing", "recognition-only", seconds=30)
    assert all(len(line) <= 80 for line in screen.splitlines())
    assert not small.engines()
    small.press("q")


def test_the_demo_from_the_bare_command_to_a_question_from_the_audience(
    home: Path, opened: list[Terminal]
) -> None:
    terminal = Terminal(home, 120, 34)
    opened.append(terminal)
    # The items stand there before there is a model, dense answers before there is another one.
    first = terminal.wait("The…of China is", "Beijing", seconds=30)
    assert "✓" not in first
    terminal.wait("✓ Beijing.", seconds=180)
    terminal.wait("60 items scored", "illusion +", "striking first", seconds=300)
    for _ in range(3):
        assert any(brings_back(terminal, key, name) for key, name in DECODINGS)
        terminal.press("Down")
    terminal.press("a")
    terminal.wait("\n ask ", seconds=10)
    terminal.press("-l", "What is the capital of Chile? = Santiago | Lima")
    terminal.press("Enter")
    screen = terminal.wait("asked-1", "✓ Santiago", "60 items scored", seconds=60)
    (row,) = (line for line in screen.splitlines() if line.startswith(" ?"))
    assert row.count("Santiago") >= 2


DECODINGS = (("b", "beam 8"), ("s", "16 samples"), ("o", "one-shot"))


def brings_back(terminal: Terminal, key: str, name: str) -> bool:
    """Decode the item under the cursor again; whether that brought its answer back."""
    before = terminal.screen()
    terminal.press(key)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        screen = terminal.screen()
        told = [line for line in screen.splitlines() if name in line and "brought" in line]
        if told and screen != before:
            return "did not" not in told[0] and "none of" not in told[0]
        time.sleep(0.1)
    raise AssertionError(f"{name} never ended:\n{terminal.screen()}")


HOSTILE = {
    "markup": "[/b] [bold red]not markup[/]",
    "escape": "\x1b[31mnot red\x1b[0m \x07 \x9b2J",
    "layout": "tab\there\nand a new line\r\nand another",
    "arabic": "عاصمة مصر هي القاهرة",
    "hindi": "भारत की राजधानी नई दिल्ली है",
    "thai": "เมืองหลวงของไทยคือกรุงเทพมหานคร",
    "chinese": "中国的首都是北京，日本的首都是东京。",
    "direction": "left \u202eright\u202c left",
    "long": "a very long answer " * 263,
}


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A home with a finished run on the hostile items."""
    home = tmp_path_factory.mktemp("hostile")
    model = shutil.copytree(checkpoint, home / "model")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 16384}))
    rows = [
        {
            "id": name,
            "language": "en",
            "question": f"{text[:200]} {name}?",
            "gold": text,
            "options": [text, f"other {text[:40]}"],
        }
        for name, text in HOSTILE.items()
    ]
    items = home / "hostile.jsonl"
    items.write_text("\n".join(map(json.dumps, rows)))
    options = ("--model", model, "--items", items, "--recipe", "magnitude:0.1")
    done = run_cli(home, "score", *options, "--out", home / "run", seconds=400)
    assert done.returncode == 0, done.stderr
    return home


@pytest.mark.parametrize("size", [(200, 50), (80, 24)])
def test_hostile_text_corrupts_neither_table_nor_terminal(
    hostile_home: Path, opened: list[Terminal], size: tuple[int, int]
) -> None:
    terminal = Terminal(hostile_home, *size, "open", hostile_home / "run")
    opened.append(terminal)
    terminal.wait("all 9", seconds=30)
    for _ in HOSTILE:
        screen = terminal.screen()
        assert "0 all" in screen
        assert "\x1b" not in screen
        assert "q quit" in screen.splitlines()[-1]
        terminal.press("Down")
        time.sleep(0.4)


def test_hostile_text_leaves_as_it_came(hostile_home: Path) -> None:
    exported = hostile_home / "out.jsonl"
    done = run_cli(hostile_home, "export", hostile_home / "run", "--to", exported)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in exported.read_text().splitlines()]
    assert {row["item_id"]: row["gold"] for row in rows} == HOSTILE
