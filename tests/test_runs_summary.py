"""The figures that a run comes to."""

from __future__ import annotations

import msgspec

from engine.analysis.outcomes import REPORT_ORDER
from engine.analysis.summary import summarize
from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.scores import Score
from engine.reports.plain import render_text
from tests.runs_helpers import (
    PRUNED,
    make_item,
    make_redecode,
    make_run,
    make_score,
    one_of_each,
    scored_item,
)


def test_the_summary_has_the_promised_fields() -> None:
    scored = one_of_each()
    summary = msgspec.json.decode(msgspec.json.encode(summarize(make_run(scored))))
    assert summary["items"] == 5
    assert summary["outcomes"] == dict.fromkeys(REPORT_ORDER, 1)
    assert summary["achieved_sparsity"] == 0.445
    assert summary["variants"]["dense"]["open_accuracy"] == 3 / 5
    assert summary["variants"]["pruned"]["open_accuracy"] == 2 / 5
    assert summary["variants"]["dense"]["choice_accuracy"] == 5 / 5
    assert summary["variants"]["pruned"]["choice_accuracy"] == 4 / 5
    assert summary["comparisons"][0]["never_choice_correct"] == 1
    assert summary["comparisons"][0]["demoted_gold_rank"] == 4


def test_recoveries_count_recognition_only_items_of_those_tried() -> None:
    _, first, other, *_ = (one.item for one in one_of_each())
    summary = summarize(
        make_run(
            one_of_each(),
            make_redecode(first, Beam(), "Oslo", "Paris"),
            make_redecode(first, OneShot(), "Oslo"),
            make_redecode(first, OneShot(), "Paris", variant="dense"),
            make_redecode(other, Beam(), "Paris"),
        )
    )
    rows = [(r.decoding, r.recovered, r.tried) for r in summary.comparisons[0].recoveries]
    assert rows == [("beam 8", 1, 1), ("one-shot", 0, 1), ("any", 1, 1)]


def test_every_recipe_has_its_comparison_and_the_first_is_pruned() -> None:
    item = make_item("x")
    one = scored_item(item, make_score(item, "Paris"), make_score(item, "Oslo"))
    both = msgspec.structs.replace(
        one, scores={**one.scores, "wanda:0.6": make_score(item, "Paris")}
    )
    summary = summarize(make_run([both], recipes=("wanda:0.6", PRUNED)))
    assert [c.variant for c in summary.comparisons] == ["wanda:0.6", PRUNED]
    assert summary.outcomes["kept"] == 1
    assert summary.comparisons[1].outcomes["recognition-only"] == 1
    assert summary.achieved_sparsity is None


def test_what_was_not_measured_is_absent_and_not_zero() -> None:
    item = make_item("x", options=())
    summary = summarize(make_run([scored_item(item, Score(), Score())]))
    dense = summary.variants["dense"]
    assert (dense.open_accuracy, dense.open_n) == (None, 0)
    assert (dense.choice_accuracy, dense.choice_n) == (None, 0)
    assert sum(summary.outcomes.values()) == 0
    assert "choice" not in render_text(summary)
    assert summarize(make_run([])).variants["pruned"].open_accuracy is None
    assert render_text(summarize(make_run([])))


def test_the_text_tells_the_story_with_n_beside_every_percentage() -> None:
    spanish = make_item("es-1", language="es")
    scored = [
        *one_of_each(),
        scored_item(spanish, make_score(spanish, "París"), make_score(spanish, "Lima")),
    ]
    text = render_text(
        summarize(make_run(scored, make_redecode(scored[1].item, Beam(), "no", "Paris")))
    )
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "open answer right 67 % of 6 33 % of 6 −33 points" in lines
    assert "choice right 100 % of 6 83 % of 6 −17 points" in lines
    assert "kept 1 recognition-only 2 lost 1 gained 1 never 1 (choice right in 1)" in lines
    assert "brought back by beam 8: 1 of 1" in lines
    assert "es 1 100 → 0 % 100 → 100 % 0 1 0 0 0" in lines
