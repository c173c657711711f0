"""The part of a report on how a variant's answers changed: failure modes, shifts, partings."""

from __future__ import annotations

from engine.analysis.failure_counts import FailureCounts
from engine.analysis.shift_text import parting_text, shift_lines, shift_rows
from engine.analysis.summary import Comparison, VariantSummary
from engine.records.scores import FAILURE_MODES
from engine.reports.figures import Section, Table

ERRORS = "±: standard error over the items"


def behaviour(dense: VariantSummary, comparison: Comparison) -> list[Section]:
    """The sections that a comparison has figures for."""
    sections = []
    if comparison.failures is not None:
        sections.append(_failures(comparison.failures, (dense.label, comparison.label)))
    rows = tuple(shift_rows(comparison.shift))
    lines = shift_lines(comparison.shift)
    if comparison.partings is not None:
        lines.append(parting_text(comparison.partings))
    if rows:
        table = Table(("", "", "", "n"), rows)
        title = f"How far {comparison.label} moved"
        sections.append(Section(title, table, (*lines, ERRORS)))
    return sections


def _failures(failures: FailureCounts, labels: tuple[str, str]) -> Section:
    sides = (failures.dense, failures.pruned)
    totals = [sum(side.values()) for side in sides]
    rows = [
        (mode, *(_counted(side[mode], total) for side, total in zip(sides, totals, strict=True)))
        for mode in FAILURE_MODES
        if any(side[mode] for side in sides)
    ]
    rows.append(("wrong answers", *map(str, totals)))
    return Section("How wrong open answers fail", Table(("", *labels), tuple(rows)), ())


def _counted(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.0f} %)" if count else "0"
