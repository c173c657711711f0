"""The commands on the real engine and a tiny checkpoint."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli_helpers import ONE_THREAD, run_cli
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
