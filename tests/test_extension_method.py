"""A researcher's own method, in a package of its own, is a method like every other."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from safetensors import safe_open

from tests.cli_helpers import ROOT, run_cli
from tests.extension_helpers import install_package
from tests.tiny_models import TEXT, save_tiny_checkpoint

GROUP = "illusion_tui.methods"

MINE = '''
"""Weights times the square of their inputs' norms."""

from engine.methods.amounts import PRUNING
from engine.methods.method import Method
from engine.methods.scores import pruning


def scores(weight, statistics):
    return weight.abs() * statistics.norms.square()


METHOD = Method(
    name="mine",
    help="lowest |W|·‖X‖₂² of each output row",
    takes=PRUNING,
    needs="norms",
    compress=pruning(scores),
)
'''


def import_path(installed: Path) -> str:
    return os.pathsep.join([str(ROOT), str(installed)])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH with the package `mine`, whose method is calibrated and in no list of ours."""
    directory = tmp_path_factory.mktemp("package")
    return import_path(install_package(directory, "mine", MINE, GROUP, {"mine": "METHOD"}))


def test_it_prunes_and_scores_the_embedded_model(home: Path, installed: str) -> None:
    text = home / "text.txt"
    text.write_text("\n".join(TEXT))
    done = run_cli(
        home,
        *("score", "--model", "smollm2", "--recipe", "mine:0.5", "--items", "capitals"),
        *("--language", "en", "--limit", 4, "--json"),
        *("--calibration", text, "--calibration-sequences", 2, "--calibration-tokens", 32),
        PYTHONPATH=installed,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["items"] == 4
    assert summary["achieved_sparsity"] == pytest.approx(0.5, abs=1e-3)
    manifest = json.loads((Path(summary["directory"]) / "manifest.json").read_text())
    assert manifest["variants"][-1]["label"] == "mine 50 %"
    assert manifest["variants"][-1]["notes"] == ["mine is a method of the package mine 1.0"]
    assert manifest["calibration"]["source"] == str(text)
    # The researcher's code may change from run to run: its weights are always made anew.
    assert not list((home / "cache" / "illusion-tui").glob("variants/*"))


def test_modifiers_apply_and_a_checkpoint_can_be_saved(tmp_path: Path, installed: str) -> None:
    save_tiny_checkpoint("llama", tmp_path / "tiny")
    saved = tmp_path / "saved"
    done = run_cli(
        tmp_path,
        *("prune", "--model", tmp_path / "tiny", "--method", "mine+owl+swaps", "--sparsity", 0.5),
        *("--calibration-sequences", 2, "--calibration-tokens", 32, "--save", saved),
        PYTHONPATH=installed,
    )
    assert done.returncode == 0, done.stderr
    with safe_open(saved / "model.safetensors", framework="pt") as file:
        weight = file.get_tensor("model.layers.0.mlp.up_proj.weight")
    assert 0.3 < (weight == 0).float().mean() < 0.7


def test_help_and_errors_name_it(tmp_path: Path, installed: str) -> None:
    shown = run_cli(tmp_path, "score", "--help", PYTHONPATH=installed, COLUMNS="200")
    assert "magnitude, mine, ria, sparsegpt or wanda" in shown.stdout
    wrong = run_cli(tmp_path, "score", "--recipe", "mine:2", PYTHONPATH=installed)
    assert wrong.returncode == 2
    assert "'mine:2': SPARSITY must be a number from 0 to below 1" in wrong.stderr


def test_a_package_that_is_broken_only_breaks_its_own_method(tmp_path: Path) -> None:
    source = "raise RuntimeError('built for another torch')"
    path = import_path(
        install_package(tmp_path, "broken", source, GROUP, {"b": "METHOD", "wanda": "METHOD"})
    )
    shown = run_cli(tmp_path, "score", "--help", PYTHONPATH=path, COLUMNS="200")
    assert shown.returncode == 0, shown.stderr
    asked = run_cli(tmp_path, "score", "--recipe", "b:0.5", PYTHONPATH=path)
    assert asked.returncode == 2
    assert "'b' of the package broken can't be used" in asked.stderr
    assert "RuntimeError: built for another torch" in asked.stderr
    doctor = run_cli(tmp_path, "doctor", PYTHONPATH=path)
    assert "wanda of broken can't be used: RuntimeError" in doctor.stdout
    ours = run_cli(tmp_path, "score", "--recipe", "wanda:7", PYTHONPATH=path)
    assert "'wanda:7': SPARSITY must be a number" in ours.stderr
