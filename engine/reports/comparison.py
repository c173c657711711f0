"""A comparison of two variants in text, and as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.cells import cell_len

from engine.analysis.comparing import ComparedItem, Measure, RunComparison, Standing
from engine.analysis.outcomes import verdict_mark
from engine.reports.figures import (
    Section,
    Table,
    items_count,
    p_value_text,
    points,
    proportion_text,
)
from engine.text import displayable, fit, truncated

ANSWER_CELLS = 36
"""Of an answer beside the other one."""

MEASURES = ("", "first", "second", "change", "only first", "only second", "p")


def comparison_sections(comparison: RunComparison) -> list[Section]:
    """The figures, outcome against outcome, and the items that differ."""
    differing = comparison.differing
    return [
        Section(
            title=f"{items_count(len(comparison.items))} in common",
            table=Table(header=MEASURES, rows=tuple(map(measure_cells, comparison.measures))),
            lines=(
                f"first: {comparison.first.label}",
                f"second: {comparison.second.label}",
                "p: McNemar's exact test of the items that only one of them gets right",
                *notes(comparison),
            ),
        ),
        Section(title="Outcomes: first down, second across", table=_cross(comparison), lines=()),
        Section(
            title=f"{items_count(len(differing))} with another outcome or verdict",
            table=None,
            lines=tuple(item_lines(differing)),
        ),
    ]


def comparison_json(comparison: RunComparison) -> dict[str, Any]:
    """The comparison as an object of JSON; of the items those that differ are in it."""
    made: dict[str, Any] = msgspec.to_builtins(comparison)
    items = made.pop("items")
    differing = [built for built, item in zip(items, comparison.items, strict=True) if item.differs]
    return {**made, "common": len(items), "differing": differing}


def measure_cells(measure: Measure) -> tuple[str, ...]:
    """A row for each measure: both shares with intervals, and the test on the pairs."""
    return (
        measure.name,
        proportion_text(measure.first),
        proportion_text(measure.second),
        points(measure.second.share - measure.first.share),
        str(measure.first_only),
        str(measure.second_only),
        p_value_text(measure.p_value),
    )


def notes(comparison: RunComparison) -> list[str]:
    """What a reader of the figures must know."""
    lines = [f"warning: not scored alike: {clause}" for clause in comparison.warnings]
    only = {"first": comparison.first_only, "second": comparison.second_only}
    lines += [f"{items_count(count)} only in the {side}" for side, count in only.items() if count]
    if comparison.reworded:
        lines.append(
            f"{items_count(comparison.reworded)} left out: the same id, but another question or "
            "gold answer"
        )
    return lines


def item_lines(items: tuple[ComparedItem, ...]) -> list[str]:
    """A line for each item: both outcomes, both answers, both choices."""
    shown = [
        (
            displayable(item.item_id),
            " → ".join(dict.fromkeys(item.cell)),
            _answer(item.first),
            _answer(item.second),
            f"choice {verdict_mark(item.first.choice_correct)} → "
            f"{verdict_mark(item.second.choice_correct)}",
        )
        for item in items
    ]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    widths[2:4] = [ANSWER_CELLS] * len(widths[2:4])
    return ["  ".join(map(fit, row, widths)).rstrip() for row in shown]


def _answer(standing: Standing) -> str:
    text = "" if standing.answer is None else displayable(standing.answer.strip())
    return truncated(f"{verdict_mark(standing.open_correct)} {text}", ANSWER_CELLS)


def _cross(comparison: RunComparison) -> Table:
    names = list(comparison.outcomes)
    rows = [
        (name, *(str(row[other]) for other in names), str(sum(row.values())))
        for name, row in comparison.outcomes.items()
    ]
    columns = [sum(row[name] for row in comparison.outcomes.values()) for name in names]
    totals = ("all", *map(str, columns), str(len(comparison.items)))
    return Table(header=("", *names, "all"), rows=(*rows, totals))
