"""The main job on the real embedded model, as a user does it: the commands, nothing inside."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli_helpers import run_cli

OPTIONS = ("--items", "capitals", "--language", "en", "--limit", "16", "--sparsity", "0.45")


def test_the_illusion_shows_on_the_embedded_model(home: Path) -> None:
    whole = run_cli(home, "score", *OPTIONS, "--out", home / "whole", "--json")
    assert whole.returncode == 0, whole.stderr
    summary = json.loads(whole.stdout)
    dense, pruned = summary["variants"]["dense"], summary["variants"]["pruned"]
    assert summary["items"] == 16
    assert abs(summary["achieved_sparsity"] - 0.45) < 0.005
    assert dense["open_accuracy"] >= 0.6
    assert pruned["choice_accuracy"] >= pruned["open_accuracy"] + 0.25
    assert summary["outcomes"]["recognition-only"] >= 4

    # Demoted, not erased: a few beams bring some of the answers back.
    recovered = run_cli(
        home, "score", *OPTIONS, "--out", home / "whole", "--recover", "beam=8", "--json"
    )
    assert recovered.returncode == 0, recovered.stderr
    (beams,) = json.loads(recovered.stdout)["comparisons"][0]["recoveries"]
    assert beams["tried"] == summary["outcomes"]["recognition-only"]
    assert 0 < beams["recovered"] <= beams["tried"]
