"""Benchmarks on the Hub: read through datasets, and what is said without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from engine.items.benchmarks.catalogue import BENCHMARKS, read_benchmark
from engine.items.benchmarks.declarations import Benchmark
from engine.items.benchmarks.hub import hub_rows
from engine.records.errors import UserError
from tests.benchmark_rows import SQUAD_ROW


def repository(folder: Path) -> Benchmark:
    """XQuAD in a directory that is laid out like its repository on the Hub."""
    rows = [SQUAD_ROW | {"id": f"q{number}"} for number in range(3)]
    card = "---\nconfigs:\n"
    for name in ("xquad.es", "xquad.en"):
        (folder / name).mkdir(parents=True)
        pl.DataFrame(rows).write_parquet(folder / name / "validation-00000-of-00001.parquet")
        card += f"- config_name: {name}\n  data_files:\n"
        card += f"  - split: validation\n    path: {name}/validation-*\n"
    (folder / "README.md").write_text(f"{card}---\n")
    return msgspec.structs.replace(BENCHMARKS["xquad"], repository=str(folder))


def test_the_hub_is_read_through_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    benchmark = repository(tmp_path / "xquad")
    assert [row["id"] for row in hub_rows(benchmark, "xquad.es")] == ["q0", "q1", "q2"]
    items = read_benchmark(benchmark, "es", languages=(), limit=2, seed=0)
    assert [(item.language, item.gold) for item in items] == [("es", "308"), ("es", "308")]
    items = read_benchmark(benchmark, "es,en", languages=(), limit=2, seed=0)
    assert [item.language for item in items] == ["es", "es", "en", "en"]
    with pytest.raises(UserError, match="no items in the language 'en'"):
        read_benchmark(benchmark, "es", languages=("en",), limit=2, seed=0)


def test_a_repository_with_a_script_is_read_as_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mintaka"
    (folder / "de" / "test").mkdir(parents=True)
    pl.DataFrame([{"id": "a9011ddf"}]).write_parquet(folder / "de" / "test" / "0000.parquet")
    benchmark = msgspec.structs.replace(BENCHMARKS["mintaka"], repository=str(folder))
    load = datasets.load_dataset

    def refusing(*arguments: Any, **options: Any) -> Any:
        """What the library does where the main revision has only a script."""
        if "revision" not in options:
            raise RuntimeError("Dataset scripts are no longer supported, but found mintaka.py")
        return load(*arguments, **options)

    monkeypatch.setattr(datasets, "load_dataset", refusing)
    assert [row["id"] for row in hub_rows(benchmark, "de")] == ["a9011ddf"]


def test_without_the_hub_the_error_says_what_to_do(tmp_path: Path) -> None:
    code = """
from engine.items.reading import read_items
from engine.records.errors import UserError
try:
    read_items("xquad:es")
except UserError as error:
    print(error.status, error.message, error.hint)
"""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("1 the dataset google/xquad is not in the Hub's cache")
    assert "HF_HUB_OFFLINE is set" in run.stdout
    assert "--items xquad:FILE" in run.stdout
