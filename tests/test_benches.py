"""The benchmarks' short forms run, and write what they measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from tests.bench_figures import Figure
from tests.cli_helpers import ROOT, environment


def short_form(program: str, home: Path, *options: str) -> dict[str, Figure]:
    """Run a benchmark's short form; the figures that it wrote, by name."""
    file = home / "figures.json"
    subprocess.run(
        [sys.executable, "-m", f"tests.{program}", "--short", "--json", str(file), *options],
        env=environment(home),
        cwd=ROOT,
        check=True,
        timeout=300,
    )
    figures = msgspec.json.decode(file.read_bytes(), type=dict[str, Figure])
    for one in figures.values():
        assert 0 <= one.min <= one.median <= one.max
    return figures


def test_what_compression_costs_is_measured(tmp_path: Path) -> None:
    assert set(short_form("bench_compression", tmp_path)) == {
        f"{recipe} {dtype}"
        for recipe in ("wanda:0.5", "sparsegpt:0.5")
        for dtype in ("bfloat16", "float32")
    }


def test_how_soon_the_engine_scores_is_measured(tmp_path: Path) -> None:
    assert "first scored item / script" in short_form("bench_start", tmp_path)


def test_what_the_engine_holds_in_memory_is_measured(tmp_path: Path) -> None:
    assert "scoring with it cached, MiB" in short_form("bench_memory", tmp_path)


def test_scoring_is_measured_and_its_figures_are_those_of_a_plain_pass(home: Path) -> None:
    options = ("--model", "qwen", "--billions", "0.01", "--dtype", "float32")
    figures = short_form("bench_scoring", home, *options)
    for name in ("choices, float32, items/s", "dense and a variant / twice dense, float32"):
        assert name in figures
    assert figures["log-likelihoods, greatest difference from a plain pass', float32, nats"].met
