"""What the shell completes, asked as a shell asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.runs.log import RunLog
from tests.cli_helpers import environment, run_cli
from tests.runs_helpers import make_manifest, one_of_each


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one run and a config file."""
    items = [scored.item for scored in one_of_each()]
    run = tmp_path / "data" / "illusion-tui" / "runs" / "capitals-of-may"
    RunLog.open(run, make_manifest(items), items).close()
    config = tmp_path / "config" / "illusion-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[models]\nours = './ours'\n")
    return tmp_path


def completed(home: Path, *words: str) -> list[str]:
    """What bash is told of the last of the words; without a traceback, and without torch."""
    program = (
        "import sys, atexit; from tui.cli import main; "
        "heavy = {'torch', 'polars', 'textual'}; "
        "atexit.register(lambda: sys.stderr.write(' '.join(heavy & sys.modules.keys()))); "
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(
            home,
            _ILLUSION_TUI_COMPLETE="complete_bash",
            COMP_WORDS=" ".join(("illusion-tui", *words)),
            COMP_CWORD=str(len(words)),
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_the_shell_completes_names(home: Path) -> None:
    assert completed(home, "ope") == ["open"]
    assert completed(home, "open", "cap") == ["capitals-of-may"]
    assert completed(home, "redecode", "capitals-of-may", "recog") == ["recognition-only"]
    assert completed(home, "score", "--model", "ou") == ["ours"]
    assert completed(home, "score", "--model", "qwen-") == ["qwen-4b", "qwen-1.7b", "qwen-0.6b"]
    assert completed(home, "score", "--method", "wan") == ["wanda"]
    assert completed(home, "score", "--recipe", "sparse") == ["sparsegpt:"]
    assert completed(home, "--items", "c") == ["capitals", "currencies"]
    assert completed(home, "open", "./cap") == []


def test_the_shell_is_set_up_by_one_command(home: Path) -> None:
    done = run_cli(home, "--install-completion", "bash")
    assert done.returncode == 0, done.stderr
    assert "illusion-tui.sh" in (home / ".bashrc").read_text()
    assert "complete_bash" in (home / ".bash_completions" / "illusion-tui.sh").read_text()
