"""The main job on the real embedded model, as a user does it: the commands, nothing inside."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import psutil

from tests.cli_helpers import run_cli, start_cli

OPTIONS = ("--items", "capitals", "--language", "en", "--limit", "16", "--sparsity", "0.45")


def test_the_illusion_shows_on_the_embedded_model_and_survives_kill_9(home: Path) -> None:
    whole = run_cli(home, "score", *OPTIONS, "--out", home / "whole", "--json")
    assert whole.returncode == 0, whole.stderr
    summary = json.loads(whole.stdout)
    dense, pruned = summary["variants"]["dense"], summary["variants"]["pruned"]
    assert summary["items"] == 16
    assert abs(summary["achieved_sparsity"] - 0.45) < 0.005
    assert dense["open_accuracy"] >= 0.6
    assert pruned["choice_accuracy"] >= pruned["open_accuracy"] + 0.25
    assert summary["outcomes"]["recognition-only"] >= 4

    # Both halves die in the middle of scoring.
    cut = start_cli(home, "score", *OPTIONS, "--out", home / "cut")
    log = home / "cut" / "log.jsonl"
    deadline = time.monotonic() + 120
    while not (log.exists() and log.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    engines = psutil.Process(cut.pid).children(recursive=True)
    for process in (*engines, psutil.Process(cut.pid)):
        os.kill(process.pid, signal.SIGKILL)
    cut.communicate()
    psutil.wait_procs(engines, timeout=10)

    again = run_cli(home, "score", *OPTIONS, "--out", home / "cut", "--json", seconds=300)
    assert again.returncode == 0, again.stderr
    exports = {}
    for name in ("whole", "cut"):
        done = run_cli(home, "export", home / name, "--to", home / f"{name}.jsonl")
        assert done.returncode == 0, done.stderr
        exports[name] = (home / f"{name}.jsonl").read_bytes()
    assert exports["whole"] == exports["cut"]

    # Demoted, not erased: a few beams bring some of the answers back.
    recovered = run_cli(
        home, "score", *OPTIONS, "--out", home / "whole", "--recover", "beam=8", "--json"
    )
    assert recovered.returncode == 0, recovered.stderr
    (beams,) = json.loads(recovered.stdout)["comparisons"][0]["recoveries"]
    assert beams["tried"] == summary["outcomes"]["recognition-only"]
    assert 0 < beams["recovered"] <= beams["tried"]
