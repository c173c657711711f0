"""The commands on saved runs: redecode, export, judge, import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.runs.log import RunLog
from tests.cli_helpers import run_cli, scripted
from tests.runs_helpers import make_manifest, one_of_each
from tests.test_import import harness_choice, write


@pytest.fixture
def saved_run(tmp_path: Path) -> Path:
    """A run on disk with one item of every outcome."""
    scored = one_of_each()
    items = [one.item for one in scored]
    with RunLog.open(tmp_path / "run", make_manifest(items), items) as log:
        log.append_scored(scored)
    return tmp_path / "run"


def test_redecode_puts_hypotheses_on_standard_output(tmp_path: Path, saved_run: Path) -> None:
    arguments = ["redecode", saved_run, "recognition-only", "--engine", scripted()]
    done = run_cli(tmp_path, *arguments, "--beam", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "wanda:0.45  beam 2: brought back by beam 2 of 2",
        "         log p",
        "✗   1    -0.00  Rome␛[2J",
        "✓   2    -1.00  It is Paris",
    ]
    done = run_cli(tmp_path, *arguments, "--sample", "2", "--variant", "both", "--json")
    answer = json.loads(done.stdout)
    assert answer["item_id"] == "recognition-only"
    assert [one["variant"] for one in answer["redecodes"]] == ["dense", "wanda:0.45"]
    assert answer["redecodes"][0]["recovered_at"] == 2
    assert answer["redecodes"][0]["hypotheses"][0]["text"] == "Rome\x1b[2J"


def test_a_wrong_item_or_variant_names_the_nearest(tmp_path: Path, saved_run: Path) -> None:
    done = run_cli(tmp_path, "redecode", saved_run, "recognition", "--beam", "2")
    assert done.returncode == 2
    assert "no item 'recognition'" in done.stderr
    assert "Did you mean recognition-only" in done.stderr
    done = run_cli(tmp_path, "redecode", saved_run, "kept", "--one-shot", "--variant", "wanda:0.9")
    assert done.returncode == 2
    assert "It has dense, wanda:0.45." in done.stderr
    remote = run_cli(
        tmp_path, "redecode", saved_run, "nothing", "--one-shot", "--engine", scripted()
    )
    assert (remote.returncode, remote.stdout) == (2, "")


def test_export_writes_the_format_that_the_files_name_asks_for(
    tmp_path: Path, saved_run: Path
) -> None:
    table = tmp_path / "items.csv"
    done = run_cli(
        tmp_path, "export", saved_run, "--to", table, "--filter", "choice:right -outcome:kept"
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == f"3 items in {table}\n"
    assert len(table.read_text().splitlines()) == 4
    for option, value, hint in [
        ("--filter", "rang>3", "Columns"),
        ("--variant", "wanda:0.9", "wanda:0.45"),
        ("--to", tmp_path / "items.doc", ".parquet"),
    ]:
        done = run_cli(tmp_path, "export", saved_run, "--to", tmp_path / "other.csv", option, value)
        assert done.returncode == 2
        assert hint in done.stderr
    assert not (tmp_path / "other.csv").exists()


def test_judging_anew_keeps_the_run_as_it_was(tmp_path: Path, saved_run: Path) -> None:
    log = (saved_run / "log.jsonl").read_bytes()
    done = run_cli(tmp_path, "judge", saved_run, "--judge", "exact", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["judge"] == "exact"
    assert summary["outcomes"]["kept"] == 0
    assert (saved_run / "log.jsonl").read_bytes() == log
    tables = []
    for rule in ("exact", "containment"):
        table = tmp_path / f"{rule}.csv"
        arguments = [
            "export",
            saved_run,
            "--to",
            table,
            "--judge",
            rule,
            "--filter",
            "outcome:kept",
        ]
        assert run_cli(tmp_path, *arguments).returncode == 0
        tables.append(len(table.read_text().splitlines()))
    assert tables == [1, 2]
    report = run_cli(tmp_path, "judge", saved_run, "--judge", "f1", "--markdown")
    assert report.stdout.startswith("# ")
    both = run_cli(tmp_path, "judge", saved_run, "--judge", "f1", "--markdown", "--json")
    assert (both.returncode, both.stdout) == (2, "")


def test_samples_of_another_program_become_a_run(tmp_path: Path) -> None:
    for model, second in [("dense", -2.0), ("pruned", -0.5)]:
        write(tmp_path / model / "samples_x.jsonl", [harness_choice(0, [-1.0, second, -3.0])])
    arguments = ["import", tmp_path / "dense", tmp_path / "pruned", "--out", tmp_path / "run"]
    done = run_cli(tmp_path, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["variants"]["dense"]["choice_accuracy"] == 1
    assert summary["variants"]["pruned"]["choice_accuracy"] == 0
    assert summary["variants"]["pruned"]["open_accuracy"] is None
    missing = run_cli(tmp_path, "import", tmp_path / "no", tmp_path / "pruned", "--out", "x")
    assert (missing.returncode, missing.stdout) == (2, "")
