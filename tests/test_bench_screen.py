"""The benchmark of the screen still measures what it names."""

from __future__ import annotations

from tests.bench_screen import GOALS, as_json, measure, table


def test_a_short_form_of_the_benchmark_measures_everything() -> None:
    found = measure(short=True)
    assert set(GOALS) <= set(found)
    assert all(value > 0 for values in found.values() for value in values)
    assert as_json(found)["peak memory, MB"]["goal"] == GOALS["peak memory, MB"]
    assert all(f"| {name} |" in table(found) for name in found)
