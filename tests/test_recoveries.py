"""Recoveries are folded once, by the decoding: every report tells the same of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.analysis.frame import run_frame
from engine.analysis.summary import summarize
from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.reports.export import export
from engine.reports.markdown import to_markdown
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.reading import Run
from tests.runs_helpers import make_redecode, make_run, one_of_each

DEMOTED = one_of_each()[1].item


def one_hit_one_miss() -> Run:
    """Beam 8 brought the answer back; beam 8 with another length penalty did not."""
    return make_run(
        one_of_each(),
        make_redecode(DEMOTED, Beam(), "Oslo", "Paris"),
        make_redecode(DEMOTED, Beam(length_penalty=1.0), "Oslo", "Lima"),
    )


def test_json_tells_decodings_apart_that_differ_in_one_parameter() -> None:
    summary = full_summary(one_hit_one_miss())
    rows = [(row.decoding, row.recovered, row.tried) for row in summary.comparisons[0].recoveries]
    assert rows == [("beam 8", 1, 1), ("beam 8, length penalty 1", 0, 1), ("any", 1, 1)]
    assert summary.statistics is not None
    details = summary.statistics.comparisons[0].recoveries
    assert [(row.decoding, row.recovered, row.positions) for row in details] == [
        ("beam 8", 1, {2: 1}),
        ("beam 8, length penalty 1", 0, {}),
    ]


def test_text_tells_them_apart_with_and_without_statistics() -> None:
    lines = [
        " ".join(line.split())
        for line in render_text(full_summary(one_hit_one_miss())).splitlines()
    ]
    assert "all beam 8 1 1 1 – – 2: 1" in lines
    assert "all beam 8, length penalty 1 1 1 0 – –" in lines
    assert "brought back by any: 1 of 1" in lines
    short = render_text(summarize(one_hit_one_miss()))
    assert "brought back by beam 8: 1 of 1" in short
    assert "brought back by beam 8, length penalty 1: 0 of 1" in short
    assert "brought back by any: 1 of 1" in short


def test_markdown_and_html_tell_them_apart(tmp_path: Path) -> None:
    run = one_hit_one_miss()
    markdown = to_markdown(run, run_frame(run)).decode()
    assert "| all | beam 8 | 1 | 1 | 1 | – | – | 2: 1 |" in markdown
    assert "| all | beam 8, length penalty 1 | 1 | 1 | 0 | – | – |  |" in markdown
    export(run, tmp_path / "run.html")
    html = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert '<td dir="auto">beam 8, length penalty 1</td>' in html
    assert "brought back by any: 1 of 1" in html


@pytest.mark.parametrize(
    "other",
    [{"temperature": 0.7}, {"top_p": 0.9}, {"seed": 3}],
    ids=lambda other: next(iter(other)),
)
def test_samples_are_told_apart_by_every_parameter(other: dict[str, float]) -> None:
    different = msgspec.structs.replace(Sample(), **other)
    run = make_run(
        one_of_each(),
        make_redecode(DEMOTED, Sample(), "Oslo"),
        make_redecode(DEMOTED, different, "Paris"),
    )
    rows = summarize(run).comparisons[0].recoveries
    recovered = {row.decoding: row.recovered for row in rows}
    assert recovered == {"16 samples": 0, different.label: 1, "any": 1}
