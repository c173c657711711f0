"""Two variants on the items in common: against figures counted by hand."""

from __future__ import annotations

from math import comb
from pathlib import Path

import msgspec
import pytest

from engine.analysis.comparing import Side, compare
from engine.records.errors import UserError
from engine.reports.comparison import comparison_json, comparison_sections
from engine.reports.plain import render_sections
from engine.runs.reading import Run
from tests.run_library import other_answers
from tests.runs_helpers import PRUNED, make_run, one_of_each
from tests.variant_fixtures import graded_run


def run_named(name: str, run: Run) -> Run:
    return msgspec.structs.replace(run, directory=Path("runs") / name)


@pytest.fixture
def sides() -> tuple[Side, Side]:
    first = run_named("first", make_run(one_of_each()))
    second = run_named("second", make_run(other_answers(), judge="exact"))
    return Side(first, PRUNED), Side(second, PRUNED)


def test_items_are_matched_by_id_and_content(sides: tuple[Side, Side]) -> None:
    found = compare(*sides)
    assert [item.item_id for item in found.items] == ["kept", "recognition-only", "lost", "gained"]
    assert (found.first_only, found.second_only, found.reworded) == (0, 1, 1)
    assert [item.item_id for item in found.differing] == ["recognition-only", "lost", "gained"]


def test_outcomes_stand_against_outcomes(sides: tuple[Side, Side]) -> None:
    outcomes = compare(*sides).outcomes
    counts = {(a, b): n for a, row in outcomes.items() for b, n in row.items() if n}
    assert counts == {
        ("kept", "kept"): 1,
        ("recognition-only", "kept"): 1,
        ("lost", "kept"): 1,
        ("gained", "never"): 1,
    }


def test_the_figures_are_those_of_the_items_in_common(sides: tuple[Side, Side]) -> None:
    opened, choice = compare(*sides).measures
    # Right in the first: kept, gained; in the second: kept, recognition-only, lost.
    assert (opened.first.right, opened.second.right, opened.first.n) == (2, 3, 4)
    assert (opened.first_only, opened.second_only) == (1, 2)
    assert opened.p_value == pytest.approx(min(1.0, 2 * sum(comb(3, k) for k in (0, 1)) / 2**3))
    assert (choice.first.right, choice.second.right, choice.first_only) == (3, 2, 1)


def test_a_warning_says_what_was_not_alike(sides: tuple[Side, Side]) -> None:
    assert compare(*sides).warnings == ("judge: containment and exact",)
    assert compare(sides[0], sides[0]).warnings == ()


def test_two_variants_of_a_run_are_told_apart_by_their_recipe() -> None:
    run = graded_run(hostile=False)
    found = compare(Side(run, "wanda:0.3"), Side(run, "wanda:0.5"))
    assert (found.first.label, found.second.label) == ("wanda 30 %", "wanda 50 %")
    assert found.warnings == ()
    assert len(found.items) == len(run.scored)
    with pytest.raises(UserError, match="no variant 'wanda"):
        compare(Side(run, "wanda:0.9"), Side(run, "wanda:0.5"))


def test_an_imported_run_without_open_answers_is_compared_by_its_choices() -> None:
    scored = [
        msgspec.structs.replace(
            one,
            scores={
                name: msgspec.structs.replace(score, open=None)
                for name, score in one.scores.items()
            },
        )
        for one in one_of_each()
    ]
    run = make_run(scored)
    found = compare(Side(run, "dense"), Side(run, PRUNED))
    assert [measure.name for measure in found.measures] == ["choice"]
    assert found.outcomes["unknown"]["unknown"] == 5


def test_the_report_lists_what_differs_and_json_has_it_all(sides: tuple[Side, Side]) -> None:
    found = compare(*sides)
    text = render_sections(comparison_sections(found))
    assert "4 items in common" in text
    assert "warning: not scored alike: judge: containment and exact" in text
    [line] = [line for line in text.splitlines() if line.startswith("lost  ")][-1:]
    assert "lost → kept" in line
    assert "✗ Rome" in line
    built = comparison_json(found)
    assert (built["common"], len(built["differing"])) == (4, 3)
    assert built["measures"][0]["p_value"] == 1.0
    assert built["outcomes"]["lost"]["kept"] == 1


def test_runs_without_a_common_item_have_nothing_to_compare(sides: tuple[Side, Side]) -> None:
    other = run_named("other", graded_run(hostile=False))
    found = compare(sides[0], Side(other, "wanda:0.3"))
    assert (found.items, found.measures) == ((), ())
    assert (found.first_only, found.second_only) == (5, 34)
    assert "0 items in common" in render_sections(comparison_sections(found))
