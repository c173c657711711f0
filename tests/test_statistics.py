"""The statistics are those of the textbooks, on the pairs of the run."""

from __future__ import annotations

import math

import msgspec
import polars as pl
import pytest

from engine.analysis.proportions import mcnemar, wilson
from engine.analysis.slices import SMALLEST_SLICE
from engine.analysis.statistics import Statistics, noise_floor, rank_bands, run_statistics
from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.scores import Score, ScoredItem
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from tests.runs_helpers import PRUNED, make_item, make_redecode, make_run, make_score, scored_item


@pytest.mark.parametrize(("right", "n"), [(0, 5), (3, 7), (60, 69), (69, 69), (1, 1)])
def test_the_interval_is_wilsons(right: int, n: int) -> None:
    z, p = 1.959963984540054, right / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    proportion = wilson(right, n)
    assert proportion.low == pytest.approx(centre - half, abs=1e-9)
    assert proportion.high == pytest.approx(centre + half, abs=1e-9)
    assert proportion.share == p


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (5, 5), (12, 3), (0, 40)])
def test_the_test_on_the_pairs_is_mcnemars_exact_one(b: int, c: int) -> None:
    n = b + c
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n
    assert mcnemar(b, c) == pytest.approx(min(1.0, 2 * tail))


def test_ranks_are_counted_by_band() -> None:
    bands = rank_bands(pl.Series([1, 2, 5, 6, 20, 21, 50_000, None]))
    counts = (bands.n, bands.first, bands.from_2_to_5, bands.from_6_to_20, bands.beyond)
    assert counts == (7, 1, 2, 2, 2)


def capitals(languages: str, count: int) -> list[ScoredItem]:
    """In Arabic every open answer is demoted, elsewhere every third; a choice in four fails."""
    scored = []
    for language in languages.split():
        for n in range(count):
            item = make_item(f"{language}-{n}", language=language, kind="capital")
            demoted = language == "ar" or n % 3 == 0
            dense = make_score(item, "Paris")
            pruned = make_score(item, "no" if demoted else "Paris", choice=n % 4 == 3, rank=n + 1)
            scored.append(scored_item(item, dense, pruned))
    return scored


def test_every_language_has_its_ladder_and_the_largest_illusion_comes_first() -> None:
    statistics = run_statistics(make_run(capitals("en ar", 12))).comparisons[0]
    assert [group.name for group in statistics.groups] == ["all", "en", "ar"]
    both, english, arabic = (group.ladder for group in statistics.groups)
    assert [rung.measure for rung in both] == ["open", "choice"]
    assert (both[0].dense.n, both[0].pruned.right, both[0].dense_only) == (24, 8, 16)
    assert english[0].difference == pytest.approx(-4 / 12)
    assert arabic[0].p_value == pytest.approx(2 / 2**12)
    assert [(s.by, s.value) for s in statistics.slices] == [("language", "ar"), ("language", "en")]
    assert statistics.slices[0].illusion == pytest.approx(1 - 3 / 12)
    assert statistics.slices[0].recognition_only == 9


def test_small_slices_are_left_out() -> None:
    statistics = run_statistics(make_run(capitals("en ar", SMALLEST_SLICE - 1)))
    assert statistics.comparisons[0].slices == ()


def test_recoveries_tell_decoding_position_and_language() -> None:
    scored = capitals("en ar", 4)
    items = {one.item.id: one.item for one in scored}
    run = make_run(
        scored,
        make_redecode(items["ar-0"], Beam(), "no", "Paris"),
        make_redecode(items["ar-1"], Beam(), "no", "Paris"),
        make_redecode(items["en-0"], Beam(), "Paris"),
        make_redecode(items["en-0"], OneShot(), "no"),
        make_redecode(items["en-1"], Beam(), "Paris"),
    )
    rows = {
        (row.group, row.decoding): (row.items, row.tried, row.recovered, row.positions)
        for row in run_statistics(run).comparisons[0].recoveries
    }
    assert rows == {
        ("all", "beam 8"): (4, 3, 3, {1: 1, 2: 2}),
        ("all", "one-shot"): (4, 1, 0, {}),
        ("en", "beam 8"): (1, 1, 1, {1: 1}),
        ("en", "one-shot"): (1, 1, 0, {}),
        ("ar", "beam 8"): (3, 2, 2, {2: 2}),
    }


def test_the_noise_floor_counts_what_the_reference_changes_by_itself() -> None:
    item, other = make_item("x"), make_item("y")
    dense = make_score(item, "Paris")
    scored = [
        scored_item(item, dense, dense, floor=make_score(item, "Paris!", choice=1, kl=0.01)),
        scored_item(other, dense, dense, floor=dense),
    ]
    floor = noise_floor(scored, "dense")
    assert floor is not None
    assert (floor.items, floor.open_verdicts_changed, floor.open_texts_changed) == (2, 0, 1)
    assert floor.flips["right-to-wrong"] == 1
    assert floor.mean_kl_vocabulary == pytest.approx(0.02)
    assert noise_floor([scored_item(item, dense, dense)], "dense") is None
    assert "Noise floor" in render_text(full_summary(make_run(scored)))


def test_the_report_prints_n_and_an_interval_beside_every_percentage() -> None:
    text = render_text(full_summary(make_run(capitals("en ar", 12))))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "open answer right 100 % of 24 [86–100] 33 % of 24 [18–53] −67 points <0.001" in lines
    assert "ar: choice right 100 % of 12 [76–100] 75 % of 12 [47–91] −25 points 0.250" in lines
    assert "language: ar 12 −100 points −25 points +75 [+49 to +101] 9" in lines
    assert "first token 2 (17 %) 3 (25 %) 7 (58 %) 0 (0 %) 12" in lines


def test_runs_without_pairs_have_no_figures() -> None:
    item = make_item("x", options=())
    for run in (make_run([]), make_run([scored_item(item, Score(), Score())])):
        summary = full_summary(run)
        assert summary.statistics is not None
        assert summary.statistics.comparisons[0].groups[0].ladder == ()
        assert render_text(summary)
        again = msgspec.json.decode(msgspec.json.encode(summary.statistics), type=Statistics)
        assert again == summary.statistics


def test_items_that_only_one_variant_was_asked_do_not_count_as_pairs() -> None:
    item = make_item("x")
    only_dense = scored_item(item, make_score(item, "Paris"), Score())
    both = capitals("en", 3)
    summary = full_summary(make_run([only_dense, *both]))
    assert summary.statistics is not None
    assert summary.statistics.comparisons[0].groups[0].ladder[0].dense.n == 3
    assert summary.comparisons[0].variant == PRUNED
