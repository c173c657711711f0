"""Items in groups, with subtotals, as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping

from engine.analysis.groups import Grouping
from engine.analysis.outcomes import ABSENT
from engine.analysis.proportions import Proportion
from engine.analysis.statistics import ComparisonStatistics, Rung
from engine.analysis.summary import Comparison
from engine.reports.figures import Section, Table, change_text, signed

INTERVALS = "[ ] 95 % Wilson interval"
ILLUSION = (
    "illusion: how much further open accuracy fell than choice accuracy, in points, with its 95 % "
    "interval over the items"
)


def by_language(
    reference: str, comparison: Comparison, detail: ComparisonStatistics | None
) -> Section:
    """What the reference knows in every language, and what became of it.

    Without statistics there are no intervals.
    """
    if detail is None:
        header = ("language", "n", "open", "choice", *comparison.outcomes)
        rows = tuple(
            (
                one.language,
                str(one.items),
                change_text(one.dense_open_accuracy, one.pruned_open_accuracy),
                change_text(one.dense_choice_accuracy, one.pruned_choice_accuracy),
                *map(str, one.outcomes.values()),
            )
            for one in comparison.languages
        )
        return Section("By language", Table(header, rows), ())
    outcomes = {one.language: one.outcomes for one in comparison.languages}
    rows = tuple(
        _row(
            group.name,
            group.items,
            {rung.measure: rung for rung in group.ladder},
            outcomes[group.name],
        )
        for group in detail.groups[1:]
    )
    header = _header("language", reference, comparison.label, comparison.outcomes)
    return Section("By language", Table(header, rows), (INTERVALS,))


def grouping_section(grouping: Grouping, labels: tuple[str, str]) -> Section:
    """Groups with their subtotals, all items last; labels are the reference's and the variant's."""
    header = (*_header(grouping.title, *labels, grouping.total.outcomes), "illusion")
    rows = []
    for one in (*grouping.groups, grouping.total):
        rungs = {rung.measure: rung for rung in (one.open, one.choice) if rung is not None}
        illusion = ABSENT
        # Where the reference knows nothing, nothing can be demoted.
        if one.illusion is not None and one.known:
            illusion = signed(one.illusion.value)
            if one.illusion.low is not None and one.illusion.high is not None:
                illusion += f" [{signed(one.illusion.low)} to {signed(one.illusion.high)}]"
        rows.append((*_row(one.value, one.n, rungs, one.outcomes), illusion))
    notes = [INTERVALS, ILLUSION]
    if grouping.overlap:
        notes.append("an item may be in several groups")
    title = f"{labels[1]} against {labels[0]}, by {grouping.title}"
    return Section(title, Table(header, tuple(rows)), tuple(notes))


def _header(by: str, reference: str, variant: str, outcomes: Mapping[str, int]) -> tuple[str, ...]:
    measures = (f"open: {variant}", f"choice: {reference}", f"choice: {variant}")
    return (by, "n", f"known by {reference}", *measures, *outcomes)


def _row(
    name: str, n: int, rungs: Mapping[str, Rung], outcomes: Mapping[str, int]
) -> tuple[str, ...]:
    opened, chosen = rungs.get("open"), rungs.get("choice")
    known = ABSENT
    if opened is not None:
        known = f"{opened.dense.right} of {opened.dense.n}: {_share(opened.dense)}"
    return (
        name,
        str(n),
        known,
        _share(opened.pruned if opened else None),
        _share(chosen.dense if chosen else None),
        _share(chosen.pruned if chosen else None),
        *map(str, outcomes.values()),
    )


def _share(proportion: Proportion | None) -> str:
    if proportion is None:
        return ABSENT
    interval = f"[{100 * proportion.low:.0f}–{100 * proportion.high:.0f}]"
    return f"{100 * proportion.share:.0f} % {interval}"
