"""All variants of a run beside each other, and the tests between them."""

from __future__ import annotations

import json
import math
from itertools import combinations
from statistics import median

import msgspec
import pytest

from engine.analysis.variants import TESTED, holm, variant_table
from engine.records.scores import Score, ScoredItem
from engine.records.settings import Settings
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from tests.runs_helpers import make_item, make_run, make_score, scored_item
from tests.variant_fixtures import GRADED, graded_run


@pytest.mark.parametrize(
    "p_values",
    [
        [],
        [0.2],
        [0.01, 0.04, 0.03, 0.005],
        [0.5, 0.5, 0.001, 0.001, 1.0],
        [0.02, 0.0201, 0.0202, 0.9],
    ],
)
def test_the_correction_is_holms(p_values: list[float]) -> None:
    """Of the hypotheses no more likely than one, the largest p times those not yet rejected."""
    expected = [
        max(
            min(1.0, sum(other >= smaller for other in p_values) * smaller)
            for smaller in p_values
            if smaller <= p
        )
        for p in p_values
    ]
    assert holm(p_values) == pytest.approx(expected)


def verdict(scored: ScoredItem, variant: str, measure: str) -> bool | None:
    score = scored.scores[variant]
    if measure == "choice":
        return score.choice.correct if score.choice else None
    answer = score.open if measure == "open" else score.shown
    return answer.judgement.correct if answer else None


def test_a_variants_row_is_what_its_scores_come_to() -> None:
    run = graded_run()
    rows = variant_table(run).rows
    assert [row.name for row in rows] == ["dense", *GRADED]
    z = 1.959963984540054
    for row in rows:
        for measure in ("open", "shown", "choice"):
            verdicts = [verdict(one, row.name, measure) for one in run.scored.values()]
            known = [right for right in verdicts if right is not None]
            n, p = len(known), sum(known) / len(known)
            centre = (p + z * z / (2 * n)) / (1 + z * z / n)
            half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
            found = getattr(row, measure)
            assert (found.right, found.n) == (sum(known), n)
            assert (found.low, found.high) == pytest.approx((centre - half, centre + half))
        pairs = [
            (verdict(one, row.name, "open"), verdict(one, row.name, "choice"))
            for one in run.scored.values()
        ]
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        assert row.gap_n == len(both)
        assert row.gap == pytest.approx(sum(b - a for a, b in both) / len(both))
        golds = [one.scores[row.name].gold for one in run.scored.values()]
        assert row.median_gold_rank == median(gold.tokens[0].rank for gold in golds if gold)
    assert [row.achieved_sparsity for row in rows] == [0.0, 0.3, 0.4, 0.5, 0.4, 0.5]
    assert rows[0].mean_kl_vocabulary is None
    divergences = [one.scores["wanda:0.5"].kl_vocabulary or 0 for one in run.scored.values()]
    assert rows[3].mean_kl_vocabulary == pytest.approx(sum(divergences) / len(divergences))


def test_every_pair_is_tested_on_every_measure_and_corrected_within_it() -> None:
    run = graded_run()
    table = variant_table(run)
    pairs = list(combinations(["dense", *GRADED], 2))
    assert [(test.measure, test.first, test.second) for test in table.tests] == [
        (measure, *pair) for measure in TESTED for pair in pairs
    ]
    for measure in TESTED:
        tests = [test for test in table.tests if test.measure == measure]
        for test in tests:
            both = [
                (verdict(one, test.first, measure), verdict(one, test.second, measure))
                for one in run.scored.values()
            ]
            b, c = both.count((True, False)), both.count((False, True))
            tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
            assert (test.first_only, test.second_only, test.n) == (b, c, len(both))
            assert test.difference == pytest.approx((c - b) / len(both))
            assert test.p_value == pytest.approx(min(1.0, 2 * tail))
        assert [test.p_holm for test in tests] == holm([test.p_value for test in tests])


def test_only_items_that_both_variants_have_are_compared() -> None:
    item, other = make_item("x"), make_item("y", options=())
    run = make_run(
        [
            scored_item(item, make_score(item, "Paris"), make_score(item, "no")),
            scored_item(other, make_score(other, "Paris"), Score()),
        ]
    )
    table = variant_table(run)
    assert [(test.measure, test.n) for test in table.tests] == [("open", 1), ("choice", 1)]
    dense = table.rows[0]
    assert dense.open is not None
    assert (dense.open.n, dense.gap_n, dense.gap) == (2, 1, 0.0)
    assert dense.shown is None


def test_a_reference_that_is_a_recipe_has_its_own_sparsity_and_no_divergence() -> None:
    graded = graded_run()
    settings = Settings(against="wanda:0.3", recipes=("wanda:0.5", "sparsegpt:0.5"))
    run = msgspec.structs.replace(
        graded, manifest=msgspec.structs.replace(graded.manifest, settings=settings)
    )
    table = variant_table(run)
    assert [row.label for row in table.rows] == ["wanda 30 %", "wanda 50 %", "sparsegpt 50 %"]
    assert table.rows[0].achieved_sparsity == 0.3
    assert table.rows[0].mean_kl_vocabulary is None
    assert table.rows[0].open == variant_table(graded).rows[1].open
    assert len(table.tests) == 2 * 3


def test_the_json_summary_has_the_table() -> None:
    summary = json.loads(msgspec.json.encode(full_summary(graded_run())))["variant_table"]
    row = summary["rows"][3]
    assert (row["name"], row["label"], row["achieved_sparsity"]) == ("wanda:0.5", "wanda 50 %", 0.5)
    assert row["gap"] == pytest.approx(row["choice"]["share"] - row["open"]["share"])
    assert {test["measure"] for test in summary["tests"]} == {"open", "choice"}
    assert len(summary["tests"]) == 2 * 15


def test_the_report_of_one_variant_has_no_table_of_variants() -> None:
    item = make_item("x")
    run = make_run([scored_item(item, make_score(item, "Paris"), make_score(item, "no"))])
    text = render_text(full_summary(run))
    assert "Between the variants" not in text
    assert "Accuracy over sparsity" not in text


def test_the_report_of_several_says_what_is_compared_with_what() -> None:
    text = render_text(full_summary(graded_run(40, hostile=False)))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "variant sparsity open shown choice gap KL gold rank" in lines
    row = next(line for line in lines if line.startswith("wanda 50 % 50 %"))
    assert row.startswith("wanda 50 % 50 % 25 % of 40 [14–40] ")
    pair = next(line for line in lines if line.startswith("dense → wanda 50 % "))
    assert pair.startswith("dense → wanda 50 % −75 30 : 0 <0.001 ")
    assert any("over the 15 pairs of open and the 15 pairs of choice" in line for line in lines)
