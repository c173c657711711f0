"""Exports are, byte for byte, the files in tests/data/goldens.

    python -m tests.test_goldens

writes those files anew. Look at their differences before they are committed.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.analysis.frame import run_frame
from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.scores import Score
from engine.reports.export import export
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.reports.spreadsheets import harmless_cells
from engine.runs.reading import Run
from tests.runs_helpers import (
    make_item,
    make_redecode,
    make_run,
    make_score,
    one_of_each,
    scored_item,
)

GOLDENS = Path(__file__).parent / "data" / "goldens"
EXPORTS = ("run.csv", "run.jsonl", "run.md", "run.html")
REPORT = "report.txt"

# A formula, markup of terminals and browsers, line ends, hidden and bidirectional characters.
HOSTILE = '=1+1,"[/b]" \x1b[31m\ttab\r\n\rCR\u2028 \u202e\u200f\u00ad\U000e0041 🎉 </script>|`*'
CAPITALS = (
    ("ar", "ما هي عاصمة السعودية؟", "الرياض"),
    ("hi", "भारत की राजधानी क्या है?", "नई दिल्ली"),
    ("th", "เมืองหลวงของไทยคืออะไร", "กรุงเทพฯ"),
    ("zh-Hans", "中国的首都是哪里？", "北京"),
    ("ja", "日本の首都はどこですか。", "東京"),
)


def golden_run() -> Run:
    """Several scripts, every outcome, text that attacks each format, absent scores, recoveries."""
    scored = one_of_each()
    for language, question, gold in CAPITALS:
        item = make_item(f"{language}-1", gold, language, question=question, aliases=("Alias",))
        floor = make_score(item, gold, choice=1, kl=0.01)
        pruned = make_score(item, "?", rank=12_345, probability=0.0001, kl=1.5, shown=gold)
        dense = make_score(item, f"{gold}。", rank=1, probability=0.9, shown=gold)
        scored.append(scored_item(item, dense, pruned, floor=floor))
    hostile = make_item("hostile", HOSTILE, "en", question=HOSTILE, options=(), passage=HOSTILE)
    scored += [
        scored_item(hostile, make_score(hostile, HOSTILE), make_score(hostile, "x" * 500)),
        scored_item(make_item("absent", kind=None), Score(), Score()),
    ]
    demoted, riyadh = scored[1].item, scored[5].item
    return make_run(
        scored,
        make_redecode(demoted, Beam(), HOSTILE, "Paris"),
        make_redecode(demoted, Beam(length_penalty=1.0), "Oslo"),
        make_redecode(demoted, Sample(temperature=0.7, seed=3), "Paris", "Oslo"),
        make_redecode(riyadh, Beam(), "لا", "الرياض"),
        make_redecode(riyadh, OneShot(example="kept"), "الرياض"),
    )


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_its_golden_file(tmp_path: Path, name: str) -> None:
    export(golden_run(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == (GOLDENS / name).read_bytes()


def test_the_report_is_its_golden_file() -> None:
    report = render_text(full_summary(golden_run()))
    assert report.encode() == (GOLDENS / REPORT).read_bytes()


def test_parquet_is_the_table_of_the_golden_csv(tmp_path: Path) -> None:
    export(golden_run(), tmp_path / "run.parquet")
    table = pl.read_parquet(tmp_path / "run.parquet")
    assert table.equals(run_frame(golden_run()))
    harmless = pl.read_csv(GOLDENS / "run.csv", schema=table.schema)
    assert harmless_cells(table).equals(harmless)


def write() -> None:
    """Write the golden files anew."""
    GOLDENS.mkdir(parents=True, exist_ok=True)
    for name in EXPORTS:
        export(golden_run(), GOLDENS / name)
    (GOLDENS / REPORT).write_bytes(render_text(full_summary(golden_run())).encode())


if __name__ == "__main__":
    write()
