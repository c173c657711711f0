"""The commands as processes: exit status, standard output for data, standard error for talk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from engine.runs.log import RunLog
from tests.cli_helpers import COMMAND, environment, run_cli, scripted, start_cli, wait_for
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


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["--modle", "x"], "no such option: --modle", "--help"),
        (["scor"], "no such command 'scor'. Did you mean 'score'", "--help"),
        (["--sparsity", "0.5", "prune"], "before 'prune'", "prune --model"),
        (["score", "--sparsity", "7"], "'wanda:7': SPARSITY must be", ""),
        (["score", "--limit", "0"], "'--limit'", "--help"),
        (["score", "--items", "capitols"], "capitols: no such items", "capitals"),
        (["score", "--language", "xx"], "'xx'", "en"),
        (["score", "--config", "/no/such"], "no config file /no/such", "--config"),
        (["open", "/no/run"], "no run in /no/run", "score --out"),
        (["redecode", "/no/run", "x", "--beam", "8"], "no run in /no/run", "score --out"),
        (["redecode", "/no/run", "x"], "no decoding", "--one-shot"),
        (
            ["redecode", "/no/run", "x", "--beam", "8", "--one-shot"],
            "different decodings",
            "--beam",
        ),
        (["redecode", "/no/run", "x", "--beam", "8", "--seed", "1"], "--seed", "--sample"),
        (["export", "/no/run", "--to", "x.csv"], "no run in /no/run", "score --out"),
        (["prune", "--save", "x"], "which variant", "--recipe"),
        (["prune", "--save", "/", "--recipe", "wanda:0.5"], "/ is not empty", "--save"),
    ],
)
def test_bad_usage_is_one_error_one_hint_and_status_2(
    tmp_path: Path, arguments: list[str], error: str, hint: str
) -> None:
    done = run_cli(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert error in first
    assert all(line.startswith("hint: ") for line in rest)
    assert hint in "".join(rest)


def test_help_and_version_are_quick_and_import_neither_torch_nor_textual_nor_polars(
    tmp_path: Path,
) -> None:
    script = (
        "import sys\nimport tui.cli\n"
        "sys.argv = ['illusion-tui', '--help']\n"
        "try: tui.cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'textual', 'polars', 'datasets'} & sys.modules.keys()\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "[]\n"
    assert "N kept of every M" in " ".join(done.stdout.replace("│", "").split())
    for text in ("illusion-tui open RUN", "default smollm2", "redecode"):
        assert text in done.stdout


def test_without_a_terminal_the_inspector_says_what_to_do_instead(tmp_path: Path) -> None:
    done = run_cli(tmp_path)
    assert done.returncode == 2
    assert "illusion-tui score" in done.stderr


def test_doctor_shows_what_the_engine_found_with_control_characters_made_visible(
    tmp_path: Path,
) -> None:
    done = run_cli(tmp_path, "doctor", "--engine", scripted())
    assert done.returncode == 0
    assert "a␛[2J" in done.stdout
    assert "config.toml (none)" in done.stdout
    sections = json.loads(run_cli(tmp_path, "doctor", "--json", "--engine", scripted()).stdout)
    assert sections["device"] == {"cpu": "a\x1b[2J", "cuda": False, "cores": 2}


def test_an_engine_that_cannot_start_is_status_2_and_one_that_crashes_status_1(
    tmp_path: Path,
) -> None:
    assert run_cli(tmp_path, "doctor", "--engine", "/no/such/engine").returncode == 2
    crashed = run_cli(tmp_path, "doctor", "--engine", "false")
    assert crashed.returncode == 1
    assert "error: the engine ended with exit status 1 before it was ready" in crashed.stderr
    assert "log: " in crashed.stderr


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
    assert "2 of 5 items are kept in /remote/run; the same command goes on" in done.stderr
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
    assert "interrupted: 1 of 5 items are kept in /remote/run; the same command" in talk
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


def test_redecode_puts_hypotheses_on_standard_output(tmp_path: Path, saved_run: Path) -> None:
    arguments = ["redecode", saved_run, "recognition-only", "--engine", scripted()]
    done = run_cli(tmp_path, *arguments, "--beam", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "wanda:0.45  beam 2: brought back by beam 2 of 2",
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


def test_items_lists_samples_and_benchmarks(tmp_path: Path) -> None:
    text = run_cli(tmp_path, "items").stdout
    assert "capitals" in text
    assert "xquad" in text
    listed = json.loads(run_cli(tmp_path, "items", "--json").stdout)
    capitals = next(one for one in listed["samples"] if one["name"] == "capitals")
    assert capitals["languages"]["en"] >= 120
    assert any(one["name"] == "belebele" for one in listed["benchmarks"])


def test_the_cache_is_listed_and_cleared_by_name(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "illusion-tui"
    for name in ("models/small/model.safetensors", "calibration/abc.safetensors"):
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_bytes(b"x" * 2048)
    (cache / "models" / "small.lock").touch()
    listed = run_cli(tmp_path, "cache")
    assert "models/small" in listed.stdout
    assert f"2 entries, 4 KiB in {cache}" in listed.stdout
    assert ".lock" not in listed.stdout
    assert run_cli(tmp_path, "cache", "--clear", "nothing").returncode == 2
    cleared = json.loads(run_cli(tmp_path, "cache", "--clear", "models", "--json").stdout)
    assert [one["id"] for one in cleared["entries"]] == ["models/small"]
    assert not (cache / "models" / "small").exists()
    assert (cache / "calibration" / "abc.safetensors").exists()


def test_prune_writes_into_a_new_directory_only(tmp_path: Path) -> None:
    target = tmp_path / "checkpoint"
    arguments = ["prune", "--recipe", "wanda:0.45", "--save", target, "--engine", scripted()]
    done = run_cli(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (0, f"{target}\n")
    assert "44.50 % zeros" in done.stderr
    assert "save neither time nor memory" in done.stderr


def test_a_reader_that_goes_away_leaves_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(COMMAND)} --help | true"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
