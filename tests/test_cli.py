"""The commands as processes: usage, help, and what needs no run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from engine.records.protocol import Shutdown, encode
from tests.cli_helpers import COMMAND, environment, run_cli, scripted


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


def test_an_engine_is_ready_before_it_needs_polars() -> None:
    script = (
        "import atexit, sys\nimport engine.server\n"
        "heavy = {'polars', 'datasets', 'pandas', 'pyarrow'}\n"
        "atexit.register(lambda: print(sorted(heavy & sys.modules.keys()), file=sys.stderr))\n"
        "engine.server.main()"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        input=encode(Shutdown()),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b"[]\n"


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
