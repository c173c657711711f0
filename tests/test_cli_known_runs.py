"""`illusion-tui runs`, and names of runs where a command takes one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from engine.runs.log import RunLog
from tests.cli_helpers import COMMAND, environment, run_cli
from tests.run_library import fill_library


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The directory of the user's runs, with a few in it."""
    directory = tmp_path / "data" / "illusion-tui" / "runs"
    fill_library(directory)
    return directory


def test_the_list_is_a_table_or_json(tmp_path: Path, runs: Path) -> None:
    done = run_cli(tmp_path, "runs")
    assert (done.returncode, done.stderr) == (0, "")
    heading, *lines = done.stdout.splitlines()
    assert " ".join(heading.split()) == "name model recipes items open choice state age"
    assert [line.split()[0] for line in lines] == ["first", "five-recipes", "second", "broken"]
    assert "60 → 40 %" in lines[0]
    assert lines[0].split()[-3:] == ["finished", "3", "h"]
    assert "4 of 6" in lines[2]
    listed = json.loads(run_cli(tmp_path, "runs", "--json").stdout)
    assert listed["directory"] == str(runs)
    first = listed["runs"][0]
    assert (first["name"], first["state"], first["scored"]) == ("first", "finished", 5)
    assert first["open_accuracy"] == {"dense": 0.6, "wanda:0.45": 0.4}
    assert listed["runs"][3]["problem"]


def test_without_runs_it_says_how_one_is_made(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "runs")
    assert (done.returncode, done.stdout) == (0, "")
    assert "illusion-tui score" in done.stderr


def test_the_list_needs_neither_torch_nor_textual_nor_polars(tmp_path: Path, runs: Path) -> None:
    script = (
        "import sys\nimport tui.cli\n"
        "sys.argv = ['illusion-tui', 'runs']\n"
        "try: tui.cli.main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'textual', 'polars', 'scipy'} & sys.modules.keys()), "
        "file=sys.stderr)"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "[]\n"


def test_names_stand_for_runs_everywhere(tmp_path: Path, runs: Path) -> None:
    done = run_cli(tmp_path, "export", "first", "--to", tmp_path / "x.csv")
    assert done.returncode == 0, done.stderr
    assert run_cli(tmp_path, "judge", "first", "--judge", "exact", "--json").returncode == 0
    assert (runs / "first" / "judged-exact.jsonl").exists()
    for arguments in (
        ["open", "frist"],
        ["redecode", "frist", "x", "--beam", "2"],
        ["xray", "frist", "x"],
        ["remedy", "frist"],
        ["runs", "delete", "frist"],
        ["runs", "compare", "frist:wanda:0.4", "second"],
    ):
        done = run_cli(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert "no run 'frist'" in done.stderr
        assert "Did you mean first?" in done.stderr


def test_runs_are_renamed_deleted_and_restored(tmp_path: Path, runs: Path) -> None:
    renamed = run_cli(tmp_path, "runs", "rename", "first", "baseline")
    assert renamed.returncode == 0, renamed.stderr
    assert f"--out {runs / 'baseline'}" in renamed.stderr
    for name in ("a/b", "second"):
        assert run_cli(tmp_path, "runs", "rename", "baseline", name).returncode == 2
    deleted = run_cli(tmp_path, "runs", "delete", "baseline")
    assert "illusion-tui runs restore baseline" in deleted.stderr
    assert not (runs / "baseline").exists()
    assert run_cli(tmp_path, "runs", "restore", "baseline").returncode == 0
    assert (runs / "baseline" / "log.jsonl").exists()
    with RunLog.attach(runs / "baseline"):
        done = run_cli(tmp_path, "runs", "delete", "baseline")
        assert done.returncode == 1
        assert "is being written" in done.stderr


def test_runs_and_variants_are_compared(tmp_path: Path, runs: Path) -> None:
    done = run_cli(tmp_path, "runs", "compare", "first", "second")
    assert done.returncode == 0, done.stderr
    assert "4 items in common" in done.stdout
    assert "not scored alike: judge: containment and exact" in done.stdout
    sides = ["five-recipes:wanda:0.3", f"{runs / 'five-recipes'}:wanda:0.5"]
    done = run_cli(tmp_path, "runs", "compare", *sides, "--json")
    found = json.loads(done.stdout)
    assert (found["first"]["variant"], found["second"]["label"]) == ("wanda:0.3", "wanda 50 %")
    assert found["common"] == 34
    done = run_cli(tmp_path, "runs", "compare", "first:wanda:0.9", "second")
    assert done.returncode == 2
    assert "It has dense, wanda:0.45." in done.stderr


def test_a_run_elsewhere_is_known_by_its_name_once_it_is_scored(
    tmp_path: Path, checkpoint: Path
) -> None:
    options = ["--model", checkpoint, "--recipe", "magnitude:0.5", "--limit", "4"]
    done = run_cli(tmp_path, "score", *options, "--out", tmp_path / "place" / "tiny", "--json")
    assert done.returncode == 0, done.stderr
    [entry] = json.loads(run_cli(tmp_path, "runs", "--json").stdout)["runs"]
    assert (entry["name"], entry["state"], entry["scored"]) == ("tiny", "finished", 4)
    variants = json.loads(done.stdout)["variants"]
    assert entry["open_accuracy"]["dense"] == variants["dense"]["open_accuracy"]
    assert entry["choice_accuracy"]["magnitude:0.5"] == variants["pruned"]["choice_accuracy"]
