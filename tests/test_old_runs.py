"""A run of version 0.1.0 opens, exports all that it did then, and resumes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.reports.export import export
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.reading import read_run
from tests.cli_helpers import run_cli

DATA = Path(__file__).parent / "data" / "run-0.1"


def test_the_table_of_an_old_run_begins_with_the_columns_it_had(tmp_path: Path) -> None:
    export(read_run(DATA / "run"), tmp_path / "run.csv")
    then, now = (
        list(csv.reader(path.open(encoding="utf-8", newline="")))
        for path in (DATA / "exports" / "run.csv", tmp_path / "run.csv")
    )
    assert [row[: len(then[0])] for row in now] == then


def test_every_value_of_an_old_run_is_still_in_its_export(tmp_path: Path) -> None:
    export(read_run(DATA / "run"), tmp_path / "run.jsonl")
    then, now = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (DATA / "exports" / "run.jsonl", tmp_path / "run.jsonl")
    )
    assert _within(then, now)


def _within(then: Any, now: Any) -> bool:
    """Whether all of a value is in another, which may have more keys."""
    if isinstance(then, dict):
        return all(key in now and _within(then[key], now[key]) for key in then)
    if isinstance(then, list):
        return len(then) == len(now) and all(map(_within, then, now))
    return bool(then == now)


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_an_old_run_exports_the_same_report(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"run{suffix}"
    export(read_run(DATA / "run"), path)
    assert path.read_bytes() == (DATA / "exports" / path.name).read_bytes()


def test_the_report_of_an_old_run_is_the_same() -> None:
    report = (DATA / "exports" / "report.txt").read_text(encoding="utf-8")
    assert render_text(full_summary(read_run(DATA / "run"))) == report


def test_an_old_run_that_was_cut_short_is_finished(home: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(DATA / "whole", run)
    log = (run / "log.jsonl").read_bytes().splitlines(keepends=True)
    # The first batch has four items; the fifth line is torn.
    (run / "log.jsonl").write_bytes(b"".join(log[:4]) + log[4][:100])
    options: list[object] = ["--recipe", "magnitude:0.3", "--dtype", "float32", "--device", "cpu"]
    options += ["--batch-size", 16]
    options += ["--language", "en", "--limit", 5]
    options += ["--answer-tokens", 8, "--no-shown-candidates", "--recover", "one-shot"]
    options += ["--items", "capitals", "--out", run, "--json"]
    done = run_cli(home, "score", *options, seconds=240)
    assert done.returncode == 0, done.stderr
    assert "5 items, 4 already scored" in done.stderr
    assert json.loads(done.stdout)["items"] == 5
    finished = (run / "log.jsonl").read_bytes().splitlines(keepends=True)
    assert finished[:4] == log[:4]
    assert sorted(map(_what, finished)) == sorted(map(_what, log))


def _what(line: bytes) -> tuple[str, str, str]:
    """The item that a line of the log is about and, of a re-decode, the decoding."""
    record = json.loads(line)
    if record["record"] == "scored":
        return record["scored"]["item"]["id"], "", ""
    redecode = record["redecode"]
    return redecode["item_id"], redecode["variant"], json.dumps(redecode["decoding"])
