"""Beside each recovery stands what luck brings: other answers, and items that nobody answers."""

from __future__ import annotations

from random import Random

import pytest

from engine.analysis.chance import Chance
from engine.analysis.frame import run_frame
from engine.analysis.recovery_items import control, recoverable
from engine.analysis.summary import summarize
from engine.judging import judge
from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.records.scores import ScoredItem
from engine.records.settings import Settings
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.reading import Run
from tests.runs_helpers import PRUNED, make_item, make_redecode, make_run, make_score, scored_item

GOLDS = ("Paris", "Oslo", "Lima", "New York", "Rome", "Rome", "Bern")


def items(language: str = "en", kind: str = "capital") -> list[ScoredItem]:
    """The first four were demoted, the others were never right."""
    scored = []
    for number, gold in enumerate(GOLDS):
        item = make_item(f"{language}-{kind}-{number}", gold, language, kind=kind)
        dense = make_score(item, gold if number < 4 else "no")
        scored.append(scored_item(item, dense, make_score(item, "no")))
    return scored


def run() -> Run:
    scored = [*items(), *items("es"), *items(kind="river")]
    redecodes = [
        make_redecode(scored[0].item, Beam(), "Oslo and Lima", "Paris"),
        make_redecode(scored[1].item, Beam(), "a city", "no"),
        make_redecode(scored[4].item, Beam(), "Bern", "Paris"),
        make_redecode(scored[5].item, Beam(), "a city", "Rome"),
        make_redecode(scored[0].item, Sample(), "New York"),
    ]
    return make_run(scored, *redecodes)


def test_chance_is_the_share_of_the_others_that_the_hypotheses_name() -> None:
    chance = Chance(run(), PRUNED)
    # Six others, of which Oslo and Lima are named.
    assert chance.expected([Beam()], ["en-capital-0"]) == pytest.approx(2 / 6)
    assert chance.expected([Beam(), Sample()], ["en-capital-0"]) == pytest.approx(3 / 6)
    assert chance.expected([Beam()], ["en-capital-0", "en-capital-1"]) == pytest.approx(2 / 6)
    # The two items whose answer is Rome are no other answer to each other.
    assert chance.expected([Beam()], ["en-capital-4"]) == pytest.approx(2 / 5)


def test_many_seeded_draws_tend_to_it() -> None:
    whole = run()
    by_id = {item.id: item for item in whole.items}
    tried = [one for one in whole.redecodes if one.decoding == Beam()]
    random = Random(0)
    back, draws = 0, 4000
    for _ in range(draws):
        for redecode in tried:
            item = by_id[redecode.item_id]
            others = [
                other
                for other in whole.items
                if (other.language, other.kind) == (item.language, item.kind)
                and other.gold != item.gold
            ]
            drawn = random.choice(others)
            back += any(
                judge(hypothesis.text, drawn.answers, item.language).correct
                for hypothesis in redecode.hypotheses
            )
    expected = Chance(whole, PRUNED).expected([Beam()], [one.item_id for one in tried])
    assert expected == pytest.approx(back / draws, abs=0.05)


def test_there_is_no_chance_without_other_answers() -> None:
    scored = items()[:1]
    only = make_run(scored, make_redecode(scored[0].item, Beam(), "Paris"))
    assert Chance(only, PRUNED).expected([Beam()], [scored[0].item.id]) is None


def test_the_control_is_of_never_items_as_many_as_there_are_to_recover() -> None:
    frame = run_frame(run())
    settings = Settings()
    chosen = control(frame, settings)
    assert len(recoverable(frame, settings)) == 12
    assert chosen == set(frame.filter(frame["outcome"] == "never")["item_id"])
    fewer = Settings(recover_filter="outcome:recognition-only lang:es item_id:es-capital-0")
    drawn = control(frame, fewer)
    assert len(drawn) == 1
    assert drawn < {f"es-capital-{number}" for number in (4, 5, 6)}
    assert drawn == control(frame.reverse(), fewer)
    seeds = (Settings(recover_filter=fewer.recover_filter, seed=seed) for seed in range(20))
    assert set().union(*(control(frame, other) for other in seeds)) > drawn
    assert control(frame, Settings(recover_filter="outcome:never")) == set()


def test_both_stand_beside_the_recovery_wherever_it_is_told() -> None:
    summary = full_summary(run())
    beam, sample, every = (
        summary.comparisons[0].recoveries[1],
        *(row for row in summary.comparisons[0].recoveries if row.decoding != "beam 8"),
    )
    assert (beam.recovered, beam.tried) == (1, 2)
    assert beam.control.chance == pytest.approx(2 / 6)
    assert (beam.control.never_recovered, beam.control.never_tried) == (1, 2)
    assert (sample.decoding, every.decoding) == ("16 samples", "any")
    assert every.control.chance == pytest.approx(3 / 6)
    lines = [" ".join(line.split()) for line in render_text(summary).splitlines()]
    assert "all beam 8 12 2 1 0.3 1 of 2 2: 1" in lines
    assert "brought back by any: 1 of 2; by chance 0.5; of the never items 1 of 2" in lines
    short = render_text(summarize(run()))
    assert "brought back by beam 8: 1 of 2; by chance 0.3; of the never items 1 of 2" in short
