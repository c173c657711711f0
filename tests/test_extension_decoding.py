"""A decoding from another package: two modules and two entry points are all that it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli_helpers import ROOT, run_cli

RECORD = """
from typing import Annotated

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import Whole


class RunnerUp(Decoding, frozen=True, kw_only=True, tag="runner-up"):
    title = "runner-up"
    help = "Greedy decoding after another first token than the likeliest."

    rank: Annotated[
        int, Whole(label="rank", metavar="N", help="Rank of the first token.", low=1, high=1000)
    ] = 2


DECODING = RunnerUp()
"""

STRATEGY = """
import torch
from transformers import LogitsProcessor

from engine.decoding.generation import generate
from engine.decoding.strategy import Strategy
from runner_up.record import RunnerUp


class FirstTokenOfRank(LogitsProcessor):
    def __init__(self, rank):
        self.rank = rank
        self.first = True

    def __call__(self, input_ids, scores):
        if not self.first:
            return scores
        self.first = False
        chosen = scores.topk(self.rank).indices[:, -1:]
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)


def decode(decoder, prompts, decoding):
    return generate(decoder, prompts, processors=[FirstTokenOfRank(decoding.rank)])


STRATEGY = Strategy(RunnerUp, decode)
"""

ENTRY_POINTS = """
[illusion_tui.decodings]
runner-up = runner_up.record:DECODING

[illusion_tui.strategies]
runner-up = runner_up.strategy:STRATEGY
"""


def install(directory: Path, entry_points: str = ENTRY_POINTS) -> str:
    """Lay the package out as pip would; gives the import path on which it is installed."""
    package = directory / "runner_up"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "record.py").write_text(RECORD)
    (package / "strategy.py").write_text(STRATEGY)
    info = directory / "runner_up-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: runner-up\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    return os.pathsep.join((str(ROOT), str(directory)))


def test_a_decoding_of_another_package_is_used_as_ours_are(home: Path) -> None:
    path = install(home / "packages")

    shown = run_cli(home, "redecode", "--help", PYTHONPATH=path)
    assert "--runner-up" in shown.stdout
    assert "[1 to 1000, default 2]" in shown.stdout

    options = ["--items", "capitals", "--language", "en", "--limit", 2, "--answer-tokens", 4]
    options += ["--dtype", "float32", "--recipe", "magnitude:0.1"]
    recover = ("--recover", "runner-up", "--recover-filter", "language:en")
    score = ("score", *options, "--out", home / "run", "--json")
    done = run_cli(home, *score, *recover, PYTHONPATH=path, seconds=300)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["comparisons"][0]["recoveries"]
    assert (row["decoding"], row["tried"]) == ("runner-up", 2)

    # The first token is another one than the greedy answer's: the one of the rank asked for.
    exported = run_cli(home, "export", home / "run", "--to", home / "run.jsonl", PYTHONPATH=path)
    assert exported.returncode == 0, exported.stderr
    first = json.loads((home / "run.jsonl").read_text().splitlines()[0])
    greedy = first["scores"]["magnitude:0.1"]["open"]["text"]
    assert greedy != first["redecodes"][0]["hypotheses"][0]["text"]
    texts = {}
    for rank in (1, 3):
        redecode = ("redecode", home / "run", first["item_id"], "--runner-up", "--rank", rank)
        done = run_cli(home, *redecode, "--json", PYTHONPATH=path)
        assert done.returncode == 0, done.stderr
        (result,) = json.loads(done.stdout)["redecodes"]
        assert result["label"] == f"runner-up, rank {rank}"
        texts[rank] = result["hypotheses"][0]["text"]
    assert texts[1] == greedy
    assert texts[3] != greedy

    # Without the package the run says what is missing.
    done = run_cli(home, "export", home / "run", "--to", home / "run.csv")
    assert done.returncode == 2
    assert "the decoding 'runner-up' is not installed" in done.stderr


@pytest.mark.parametrize(
    ("entry_point", "error"),
    [
        ("runner-up = runner_up.absent:DECODING", "ModuleNotFoundError"),
        ("beam = runner_up.record:DECODING", "'runner-up' is not a decoding"),
    ],
)
def test_a_broken_package_leaves_the_rest_alone(
    tmp_path: Path, entry_point: str, error: str
) -> None:
    path = install(tmp_path / "packages", f"[illusion_tui.decodings]\n{entry_point}\n")
    done = run_cli(tmp_path, "redecode", "--help", PYTHONPATH=path)
    assert done.returncode == 0
    assert "--beam" in done.stdout
    done = run_cli(tmp_path, "score", "--recover", "runner-up", PYTHONPATH=path)
    assert done.returncode == 2
    assert error in done.stderr


def test_a_record_can_be_imported_before_anything_of_ours(tmp_path: Path) -> None:
    """As the package's own tests do."""
    path = install(tmp_path / "packages")
    script = (
        "import sys, runner_up.record, engine.records.decodings.registry as registry\n"
        "assert 'torch' not in sys.modules\n"
        "print(*registry.kinds())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    kinds = done.stdout.split()
    assert kinds[:2] == ["beam", "sample"]
    assert kinds[-1] == "runner-up"


def test_the_engine_tells_of_a_decoding_that_it_can_not_use(tmp_path: Path) -> None:
    path = install(
        tmp_path / "packages", "[illusion_tui.strategies]\nrunner-up = runner_up:ABSENT\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "engine.server"],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line]
    notices = [event for event in events if "text" in event]
    assert any("'runner-up' of runner-up is left out" in notice["text"] for notice in notices)
