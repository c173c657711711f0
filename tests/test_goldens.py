"""Exports are, byte for byte, the files in tests/data/goldens.

    python -m tests.test_goldens

writes those files anew. Look at their differences before they are committed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl
import pytest

from engine.analysis.frame import run_frame
from engine.analysis.remedying import decoding_row, remedy_report
from engine.methods.recipes import parse_recipe
from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.recipes import Recipe
from engine.records.remedies import HELD_OUT, Proof, Trial
from engine.records.scores import Score, ScoredItem
from engine.reports.export import export
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.reports.spreadsheets import harmless_cells
from engine.runs.log import RunLog
from engine.runs.reading import Run
from engine.runs.remedies import RemedyLog, with_remedies
from tests.runs_helpers import (
    PRUNED,
    make_item,
    make_redecode,
    make_run,
    make_score,
    one_of_each,
    scored_item,
)

GOLDENS = Path(__file__).parent / "data" / "goldens"
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


def mended_run(directory: Path) -> Run:
    """A run on which remedies were searched for: three items held out, another task, decodings."""
    scored = one_of_each()
    held_out = scored[2:]
    base, owl, gold, kept = map(
        parse_recipe, (PRUNED, f"{PRUNED}+owl", f"{PRUNED}+gold@items", f"{PRUNED}+keep=1")
    )
    # The last two answer as the dense model does.
    sources = {base: PRUNED, owl: PRUNED, gold: "dense", kept: "dense"}
    proofs = [
        Proof(recipe=str(recipe), task=task, scored=_under(one, str(recipe), source))
        for recipe, source in sources.items()
        for task in (HELD_OUT, HOSTILE)
        for one in held_out
    ]
    redecodes = [make_redecode(one.item, OneShot(example="kept"), "Paris") for one in held_out]
    report = remedy_report(
        base=base,
        best=gold,
        baselines=(owl,),
        proven=(base, owl, gold),
        priced=(kept,),
        trials={str(recipe): _trial(recipe) for recipe in sources},
        proofs=proofs,
        decodings=[
            decoding_row(
                PRUNED, base.label, redecodes, {one.item.id: one.scores[PRUNED] for one in held_out}
            )
        ],
        choosing=2,
        held_out=[one.item for one in held_out],
        control=HOSTILE,
    )
    run = make_run(scored)
    with RunLog.open(directory / "run", run.manifest, tuple(run.items)) as log:
        RemedyLog(log.directory).append(*proofs, report)
        return with_remedies(msgspec.structs.replace(run, directory=log.directory))


def _under(one: ScoredItem, recipe: str, source: str) -> ScoredItem:
    scores = {"dense": one.scores["dense"], recipe: one.scores[source]}
    return msgspec.structs.replace(one, scores=scores)


def _trial(recipe: Recipe) -> Trial:
    return Trial(
        recipe=str(recipe),
        open_right=1,
        choice_right=2,
        n=2,
        gold_log_probability=-1.5,
        achieved_sparsity=0.45,
        seconds=12.0,
    )


def plain_run(_: Path) -> Run:
    return golden_run()


EXPORTS: dict[str, Callable[[Path], Run]] = {
    **dict.fromkeys(("run.csv", "run.jsonl", "run.md", "run.html"), plain_run),
    **dict.fromkeys(("mended.jsonl", "mended.md", "mended.html"), mended_run),
}
"""What is exported; a run may take a directory."""


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_its_golden_file(tmp_path: Path, name: str) -> None:
    export(EXPORTS[name](tmp_path), tmp_path / name)
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
    for name, run in EXPORTS.items():
        with TemporaryDirectory() as directory:
            export(run(Path(directory)), GOLDENS / name)
    (GOLDENS / REPORT).write_bytes(render_text(full_summary(golden_run())).encode())


if __name__ == "__main__":
    write()
