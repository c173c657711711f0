"""The score command: its output, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli_helpers import COMMAND, environment, run_cli, scripted, start_cli, wait_for


def test_score_puts_the_summary_on_standard_output_and_talk_on_standard_error(
    tmp_path: Path,
) -> None:
    done = run_cli(tmp_path, "score", "--engine", scripted())
    assert done.returncode == 0, done.stderr
    assert "recognition-only 1" in done.stdout
    assert "scored 5 of 5" in done.stderr
    assert "block␛[2J" in done.stderr
    assert "\r" not in done.stderr
    assert "note: the passage was cut" in done.stderr
    summary = json.loads(run_cli(tmp_path, "score", "--json", "--engine", scripted()).stdout)
    assert summary["items"] == 5
    assert summary["outcomes"] == {
        "kept": 1,
        "recognition-only": 1,
        "lost": 1,
        "gained": 1,
        "never": 1,
    }
    assert summary["achieved_sparsity"] == pytest.approx(0.445)
    assert summary["variants"]["dense"]["open_accuracy"] == pytest.approx(0.6)
    assert summary["variants"]["pruned"]["choice_accuracy"] == pytest.approx(0.8)
    assert summary["directory"] == "/remote/run"


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [("dies", "the engine was killed (SIGKILL)"), ("fails", "the device is full")],
)
def test_a_run_cut_short_is_status_1_and_says_how_to_go_on(
    tmp_path: Path, behaviour: str, message: str
) -> None:
    done = run_cli(tmp_path, "score", "--json", "--engine", scripted(behaviour))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error: {message}" in done.stderr
    assert "2 of 5 items are kept in /remote/run on the engine's machine; the same" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_stops_the_engine_tidily_with_status_130(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = start_cli(tmp_path, "score", "--engine", scripted("slow"))
    wait_for(process, "scored 1 of 5")
    process.send_signal(number)
    _, talk = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted: 1 of 5 items are kept in /remote/run on the engine's machine" in talk
    assert "Traceback" not in talk


def test_a_second_interruption_does_not_wait_for_the_engine(tmp_path: Path) -> None:
    process = start_cli(tmp_path, "score", "--engine", scripted("stuck"))
    wait_for(process, "scored 1 of 5")
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - began < 5


def test_on_a_terminal_progress_is_one_line_that_is_written_over(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    done = subprocess.run(
        [*COMMAND, "score", "--engine", scripted()],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
        timeout=60,
    )
    os.close(theirs)
    talk = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "\rscored 3 of 5\x1b[K" in talk
    assert "\r\x1b[K" in talk.partition("scored 5 of 5")[2]
    assert "block␛[2J" in talk
    assert b"recognition-only 1" in done.stdout
