"""The long table: one row per item and variant."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import polars as pl
import pytest

from engine.analysis.frame import SCHEMA, run_frame
from engine.analysis.long import long_frame
from engine.analysis.metrics.registry import in_columns
from engine.records.decodings.beam import Beam
from engine.reports.export import export
from engine.reports.spreadsheets import harmless_cells
from engine.runs.log import RunLog
from engine.runs.reading import Run
from tests.cli_helpers import run_cli
from tests.inspector_fixtures import redecode
from tests.variant_fixtures import GRADED, graded_run

FORMATS = [".parquet", ".csv", ".jsonl", ".md", ".html"]
VARIANTS = ("dense", *GRADED)


def decoded_run() -> Run:
    """The graded run; beam search brought the first item back under one variant."""
    run = graded_run()
    first, *_ = run.scored.values()
    return msgspec.structs.replace(run, redecodes=(redecode(first, "wanda:0.4", Beam()),))


def test_there_is_a_row_for_every_item_under_every_variant() -> None:
    run = decoded_run()
    rows = long_frame(run)
    keys = [(item_id, name) for item_id in run.scored for name in VARIANTS]
    assert list(rows.select("item_id", "variant").iter_rows()) == keys
    names = [metric.name for metric in in_columns()]
    assert rows.columns[:3] == ["item_id", "variant", "achieved_sparsity"]
    assert rows.columns[3:] == [name for name in names if name not in ("item_id", "variant")]
    assert rows["achieved_sparsity"].to_list()[: len(VARIANTS)] == [0.0, 0.3, 0.4, 0.5, 0.4, 0.5]


def test_a_row_has_the_values_of_the_table_of_pairs() -> None:
    run = decoded_run()
    rows = long_frame(run)
    for name in GRADED:
        pairs = run_frame(run, name)
        own = rows.filter(pl.col("variant") == name)
        for metric in in_columns():
            assert own[metric.name].equals(pairs[metric.columns[-1].name]), metric.name
    dense = rows.filter(pl.col("variant") == "dense")
    pairs = run_frame(run)
    assert dense["gold_rank"].equals(pairs["dense_gold_rank"])
    assert dense["answer"].equals(pairs["dense_answer"])


def test_the_reference_is_compared_with_nothing() -> None:
    dense = long_frame(decoded_run()).filter(pl.col("variant") == "dense")
    for name in ("outcome", "flip", "never_choice_correct", "kl_vocabulary", "kl_options"):
        assert dense[name].null_count() == dense.height
    assert dense["answer_correct"].null_count() == 0


def test_a_recovery_stands_in_its_variants_row() -> None:
    rows = long_frame(decoded_run()).filter(pl.col("recovered_by_beam").is_not_null())
    assert rows.select("variant", "recovered_by_beam").rows() == [("wanda:0.4", 2)]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_has_every_row_and_the_same_bytes_again(tmp_path: Path, suffix: str) -> None:
    run = decoded_run()
    path, again = tmp_path / f"long{suffix}", tmp_path / f"again{suffix}"
    assert export(run, path, long=True) == export(run, again, long=True) == len(run.scored)
    assert path.read_bytes() == again.read_bytes()
    count = len(run.scored) * len(VARIANTS)
    frame = long_frame(run)
    match suffix:
        case ".parquet":
            assert pl.read_parquet(path).equals(frame)
        case ".csv":
            assert pl.read_csv(path, schema=frame.schema).equals(harmless_cells(frame))
        case ".jsonl":
            lines = [json.loads(line) for line in path.read_bytes().splitlines()]
            assert len(lines) == count
            assert lines[2]["redecodes"][0]["hypotheses"][1]["judgement"]["correct"]
            assert lines[2]["score"]["open"]["text"] == lines[2]["answer"]
            assert lines[1]["redecodes"] == []
        case ".md":
            text = path.read_text("utf-8")
            title = f"## {len(run.scored)} items under {len(VARIANTS)} variants"
            rows = text[text.index(title) :].splitlines()[4:]
            assert [len(re.findall(r"(?<!\\)\|", line)) for line in rows] == [13] * count
            assert "beam 2" in rows[2]
        case ".html":
            page = path.read_text("utf-8")
            assert page.count("<tr data-outcome=") == count
            assert " style=" not in page


def test_the_filter_chooses_items_and_every_variant_of_them_is_written(tmp_path: Path) -> None:
    run = decoded_run()
    path = tmp_path / "long.csv"
    count = export(
        run, path, variant="wanda:0.5", filter_text="outcome:recognition-only", long=True
    )
    demoted = run_frame(run, "wanda:0.5").filter(pl.col("outcome") == "recognition-only")
    rows = pl.read_csv(path)
    assert 0 < count == demoted.height < len(run.scored)
    assert rows.height == count * len(VARIANTS)
    assert set(rows["item_id"]) == set(demoted["item_id"])


def test_the_order_of_the_table_of_pairs_has_not_changed(tmp_path: Path) -> None:
    export(decoded_run(), tmp_path / "run.csv")
    assert pl.read_csv(tmp_path / "run.csv").columns == list(SCHEMA)


def test_the_command_writes_it(tmp_path: Path) -> None:
    run = graded_run()
    with RunLog.open(tmp_path / "run", run.manifest, list(run.items)) as log:
        log.append_scored(list(run.scored.values()))
    done = run_cli(tmp_path, "export", tmp_path / "run", "--to", tmp_path / "a.csv", "--long")
    assert done.returncode == 0, done.stderr
    assert f"{len(run.items)} items under {len(VARIANTS)} variants in" in done.stderr
    assert pl.read_csv(tmp_path / "a.csv").height == len(run.items) * len(VARIANTS)
