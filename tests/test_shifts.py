"""How far a variant moved: the figures are those of their definitions."""

from __future__ import annotations

import math
from random import Random

import msgspec
import polars as pl
import pytest

from engine.analysis.frame import run_frame
from engine.analysis.partings import partings_of
from engine.analysis.shifts import (
    DELTA_PERCENTILES,
    TAIL_PERCENTILES,
    estimate,
    percentiles,
    shift_of,
)
from engine.records.scores import GoldScore, Score, ScoredItem, TokenScore
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from tests.runs_helpers import PRUNED, make_item, make_run, make_score, scored_item


def literal_percentile(values: list[float], q: float) -> float:
    """As `percentile` in llama.cpp's perplexity.cpp."""
    ordered = sorted(values)
    place = q / 100 * (len(ordered) - 1)
    below = min(int(place), len(ordered) - 2) if len(ordered) > 1 else 0
    if len(ordered) == 1:
        return ordered[0]
    part = place - below
    return (1 - part) * ordered[below] + part * ordered[below + 1]


def literal_mean_and_error(values: list[float]) -> tuple[float, float]:
    """As `mean_and_uncertainty` in llama.cpp's perplexity.cpp."""
    n = len(values)
    mean = sum(values) / n
    return mean, math.sqrt((sum(v * v for v in values) / n - mean * mean) / (n - 1))


def top(*ids: int) -> tuple[TokenScore, ...]:
    return tuple(
        TokenScore(id=id_, text=str(id_), rank=rank, probability=0.5 / rank)
        for rank, id_ in enumerate(ids, start=1)
    )


def with_top(score: Score, ids: tuple[int, ...], answer: str | None = None) -> Score:
    assert score.gold is not None
    gold = GoldScore(answer=answer or score.gold.answer, tokens=score.gold.tokens, top=top(*ids))
    return msgspec.structs.replace(score, gold=gold)


def shifted(count: int) -> list[ScoredItem]:
    random = Random(5)
    scored = []
    for number in range(count):
        item = make_item(str(number))
        before = make_score(item, "Paris", probability=random.random())
        after = make_score(
            item,
            "no",
            choice=number % 3 == 0,
            probability=random.random(),
            kl=random.expovariate(1.0),
        )
        order = list(range(1, 11))
        random.shuffle(order)
        scored.append(scored_item(item, with_top(before, (1, 2, 3)), with_top(after, (*order,))))
    return scored


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_means_errors_and_percentiles_are_llama_cpps(count: int) -> None:
    scored = shifted(count)
    frame = run_frame(make_run(scored))
    shift = shift_of(frame)
    deltas, divergences = [], []
    for one in scored:
        before, after = one.scores["dense"], one.scores[PRUNED]
        assert before.gold is not None
        assert after.gold is not None
        assert after.kl_vocabulary is not None
        deltas.append(after.gold.probability - before.gold.probability)
        divergences.append(after.kl_vocabulary)
    for found, values in ((shift.delta_p, deltas), (shift.kl_vocabulary, divergences)):
        assert found is not None
        assert found.n == count
        if count == 1:
            assert found.value == pytest.approx(values[0])
            assert found.error is None
            continue
        mean, error = literal_mean_and_error(values)
        assert found.value == pytest.approx(mean)
        assert found.error == pytest.approx(error)
    rms = math.sqrt(sum(delta**2 for delta in deltas) / count)
    assert shift.delta_p_rms == pytest.approx(rms)
    assert shift.delta_p_percentiles == pytest.approx(
        {f"{q:g}": literal_percentile(deltas, q) for q in DELTA_PERCENTILES}
    )
    assert shift.kl_percentiles == pytest.approx(
        {f"{q:g}": literal_percentile(divergences, q) for q in TAIL_PERCENTILES}
    )
    assert shift.kl_percentiles["100"] == max(divergences)
    assert shift.kl_percentiles["0"] == min(divergences)


def test_containment_counts_the_references_likeliest_token_among_the_variants() -> None:
    scored = shifted(60)
    shift = shift_of(run_frame(make_run(scored)))
    for n in (1, 5, 10):
        held = []
        for one in scored:
            gold = one.scores[PRUNED].gold
            assert gold is not None
            held.append(1 in [token.id for token in gold.top[:n]])
        p = sum(held) / 60
        found = shift.containment[str(n)]
        assert found.value == pytest.approx(p)
        assert found.error == pytest.approx(math.sqrt(p * (1 - p) / 59))
    assert shift.same_top == shift.containment["1"]


def test_flips_have_their_error_in_both_directions() -> None:
    shift = shift_of(run_frame(make_run(shifted(12))))
    assert shift.lost_choices is not None
    assert shift.gained_choices is not None
    assert shift.lost_choices.value == pytest.approx(4 / 12)
    assert shift.lost_choices.error == pytest.approx(math.sqrt(4 / 12 * 8 / 12 / 11))
    assert (shift.gained_choices.value, shift.gained_choices.error) == (0.0, 0.0)


def test_probabilities_of_two_different_aliases_are_not_subtracted() -> None:
    [one] = shifted(1)
    other = with_top(one.scores[PRUNED], (1,), answer="City of Paris")
    changed = msgspec.structs.replace(one, scores={**one.scores, PRUNED: other})
    shift = shift_of(run_frame(make_run([changed])))
    assert (shift.delta_p, shift.delta_p_rms, shift.delta_p_percentiles) == (None, None, {})


def test_what_no_item_has_is_absent() -> None:
    item = make_item("x", options=())
    for run in (make_run([]), make_run([scored_item(item, Score(), Score())])):
        shift = shift_of(run_frame(run))
        assert shift.delta_p is shift.kl_vocabulary is shift.same_top is None
        assert shift.containment == {}
        assert shift.kl_percentiles == {}
        assert partings_of(run_frame(run)) is None
    assert estimate(pl.Series([], dtype=pl.Float64)) is None
    assert percentiles(pl.Series([], dtype=pl.Float64), (50,)) == {}


def parting(texts: tuple[str, str], at: int | None, name: str = "x") -> ScoredItem:
    item = make_item(name)
    after = msgspec.structs.replace(make_score(item, texts[1]), parts_at=at)
    return scored_item(item, make_score(item, texts[0]), after)


def test_partings_count_where_the_answers_part() -> None:
    scored = [parting(("Paris", "no"), at, str(n)) for n, at in enumerate((1, 1, 2, 4, 9))]
    scored.append(parting(("Paris", "Paris"), None))
    partings = partings_of(run_frame(make_run(scored)))
    assert partings is not None
    assert (partings.n, partings.at, partings.later, partings.never) == (6, (2, 1, 0), 2, 1)
    text = render_text(full_summary(make_run(scored)))
    assert "part from the reference's: token 1: 2 (33 %), token 2: 1 (17 %)" in text


def test_a_run_that_does_not_know_where_its_answers_part_says_nothing_of_it() -> None:
    scored = [parting(("Paris", "no"), None), parting(("Paris", "Paris"), None, "y")]
    assert partings_of(run_frame(make_run(scored))) is None
