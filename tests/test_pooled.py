"""Figures of an instrument over many items are the means and counts of what it found of each."""

from __future__ import annotations

from statistics import fmean

import msgspec

from engine.analysis.pooled import (
    PooledAlong,
    PooledDepth,
    PooledFork,
    PooledRestore,
    largest_alike,
    pooled,
)
from engine.records.instruments.along import Along, AlongFinding
from engine.records.instruments.depth import Depth, DepthFinding
from engine.records.instruments.fork import Fork, ForkFinding
from engine.records.instruments.instrument import Finding, Instrument
from engine.records.instruments.patch import Patch
from engine.records.instruments.restore import Restore, RestoreFinding
from tests.inspector_fixtures import WANDA, finding, scored_items

SCORED = scored_items(7)[:7]


def of(instrument: Instrument) -> list[Finding]:
    return [finding(each, WANDA, instrument) for each in SCORED]


def test_gains_are_means_of_the_items_gains() -> None:
    found = [one for one in of(Restore()) if isinstance(one, RestoreFinding)]
    figure = pooled(found)
    assert isinstance(figure, PooledRestore)
    assert figure.items == 7
    for block, gain in enumerate(figure.blocks):
        assert gain.gain == fmean(one.blocks[block].gain for one in found)
        assert figure.helped[block] == sum(one.blocks[block].gain > 0 for one in found)
        for place, matrix in enumerate(gain.matrices):
            assert matrix.gain == fmean(one.blocks[block].matrices[place].gain for one in found)


def test_answers_sink_where_most_of_them_lose_most() -> None:
    found = [one for one in of(Depth()) if isinstance(one, DepthFinding)]
    figure = pooled(found)
    assert isinstance(figure, PooledDepth)
    assert len(figure.differences) == 9
    assert figure.differences[3] == fmean(one.differences[3] for one in found)
    assert sum(figure.sinks.values()) == sum(one.sinks_at is not None for one in found)
    assert sum(figure.parts.values()) == sum(one.parts_at is not None for one in found)


def test_answers_that_are_given_by_forcing_them_are_counted_apart() -> None:
    found = [one for one in of(Fork()) if isinstance(one, ForkFinding)]
    given = [msgspec.structs.replace(one, gold_tokens=1) for one in found[:3]]
    wrong = msgspec.structs.replace(
        found[3], judgement=msgspec.structs.replace(found[3].judgement, correct=False)
    )
    figure = pooled([*given, wrong, *found[4:]])
    assert figure == PooledFork(items=7, complete=6, given=3, given_complete=3)
    assert isinstance(figure, PooledFork)
    assert figure.sentence == (
        "6 of 7 answers complete themselves: 3 of 4 whose gold has several tokens, "
        "3 of 3 whose gold is the forced one"
    )


def test_answers_part_at_tokens_counted_from_one() -> None:
    found = [one for one in of(Along()) if isinstance(one, AlongFinding)]
    same = msgspec.structs.replace(found[0], parts_at=None)
    later = msgspec.structs.replace(found[1], parts_at=2)
    figure = pooled([same, later, *found[2:]])
    assert isinstance(figure, PooledAlong)
    assert figure.parts == {1: 5, 3: 1}
    assert figure.together == 1


def test_only_findings_of_one_instrument_make_a_figure() -> None:
    mixed = [*of(Restore())[:2], *of(Restore(matrices=False))]
    alike = largest_alike(mixed)
    assert {one.instrument for one in alike} == {Restore(matrices=False)}
    assert pooled([]) is None
    assert pooled(of(Patch())) is None
