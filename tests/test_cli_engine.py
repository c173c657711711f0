"""The commands on the real engine and a tiny checkpoint: whole, interrupted, killed, resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli_helpers import ONE_THREAD, run_cli, start_cli, wait_for
from tests.tiny_models import save_tiny_checkpoint

ITEMS = 48


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a tiny checkpoint in it."""
    home = tmp_path_factory.mktemp("home")
    save_tiny_checkpoint("llama", home / "tiny")
    return home


def options(home: Path, out: str) -> list[object]:
    return [
        *("--model", home / "tiny", "--limit", ITEMS, "--batch-size", 1, "--answer-tokens", 8),
        *("--calibration-sequences", 2, "--calibration-tokens", 32, "--dtype", "float32"),
        *("--out", home / out),
    ]


@pytest.fixture(scope="module")
def whole(home: Path) -> subprocess.CompletedProcess[str]:
    """A run that nothing interrupted."""
    return run_cli(home, "score", "--json", *options(home, "whole"), OMP_NUM_THREADS=ONE_THREAD)


def engine_of(process: subprocess.Popen[str]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


def exported(home: Path, run: str) -> bytes:
    table = home / f"{run}.jsonl"
    assert run_cli(home, "export", home / run, "--to", table).returncode == 0
    return table.read_bytes()


def test_score_prints_one_json_object_with_the_promised_keys(
    home: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    assert whole.returncode == 0, whole.stderr
    summary = json.loads(whole.stdout)
    assert summary["items"] == ITEMS
    assert sum(summary["outcomes"].values()) == ITEMS
    assert summary["outcomes"].keys() == {"kept", "recognition-only", "lost", "gained", "never"}
    assert 0.4 < summary["achieved_sparsity"] < 0.46
    for side in ("dense", "pruned"):
        assert 0 <= summary["variants"][side]["open_accuracy"] <= 1
        assert 0 <= summary["variants"][side]["choice_accuracy"] <= 1
    assert f"scored {ITEMS} of {ITEMS}" in whole.stderr
    assert Path(summary["directory"]) == home / "whole"


def test_whatever_ends_a_run_the_same_command_goes_on_to_the_same_result(
    home: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    command = ["score", "--json", *options(home, "resumed")]

    interrupted = start_cli(home, *command, OMP_NUM_THREADS=ONE_THREAD)
    wait_for(interrupted, "scored 1 of")
    interrupted.send_signal(signal.SIGINT)
    data, talk = interrupted.communicate(timeout=60)
    assert (interrupted.returncode, data) == (130, "")
    assert "the same command goes on from there" in talk

    killed = start_cli(home, *command, OMP_NUM_THREADS=ONE_THREAD)
    wait_for(killed, "scored ")
    os.kill(engine_of(killed), signal.SIGKILL)
    data, talk = killed.communicate(timeout=60)
    assert (killed.returncode, data) == (1, "")
    assert "error: the engine was killed (SIGKILL)" in talk
    log = next(line for line in talk.splitlines() if line.startswith("hint: Its log: "))
    assert Path(log.removeprefix("hint: Its log: ")).exists()

    orphaned = start_cli(home, *command, OMP_NUM_THREADS=ONE_THREAD)
    wait_for(orphaned, "scored ")
    engine = engine_of(orphaned)
    orphaned.kill()
    orphaned.communicate(timeout=60)
    for _ in range(200):
        if not Path(f"/proc/{engine}").exists():
            break
        time.sleep(0.1)
    assert not Path(f"/proc/{engine}").exists()

    done = run_cli(home, *command, OMP_NUM_THREADS=ONE_THREAD)
    assert done.returncode == 0, done.stderr
    assert "already scored" in done.stderr
    assert json.loads(done.stdout)["variants"] == json.loads(whole.stdout)["variants"]
    assert exported(home, "resumed") == exported(home, "whole")


def test_other_options_on_the_same_run_are_refused(
    home: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    done = run_cli(home, "score", "--seed", 1, *options(home, "whole"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "seed is 0 there, 1 here" in done.stderr


def test_redecode_keeps_its_hypotheses_in_the_run(
    home: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    item = json.loads((home / "whole" / "items.jsonl").read_text().splitlines()[0])["id"]
    done = run_cli(
        home, "redecode", home / "whole", item, "--beam", 2, "--variant", "both", "--json"
    )
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)["redecodes"]
    assert (first["variant"], second["variant"]) == ("dense", "wanda:0.45")
    assert len(first["hypotheses"]) == 2
    assert b'"redecodes":[{' in exported(home, "whole")


def test_doctor_names_devices_versions_and_caches(home: Path) -> None:
    done = run_cli(home, "doctor", "--json")
    assert done.returncode == 0, done.stderr
    sections = json.loads(done.stdout)
    assert {"devices", "versions", "caches", "inspector"} <= sections.keys()
    assert "torch" in sections["versions"]
