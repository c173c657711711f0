"""The part of a report that is about all variants of a run, where there are several."""

from __future__ import annotations

from engine.analysis.curves import Curve, curves
from engine.analysis.outcomes import ABSENT
from engine.analysis.proportions import Proportion
from engine.analysis.variants import TESTED, VariantFigures, VariantTable, VariantTest
from engine.reports.figures import (
    Section,
    Table,
    number_text,
    p_value_text,
    points,
    proportion_text,
    signed,
)


def variant_sections(table: VariantTable) -> list[Section]:
    """The variants, what sparsity does to them, and the tests between them."""
    drawn = curves(table.rows)
    return [
        _variants(table.rows),
        *([_over_sparsity(drawn)] if drawn else []),
        *([_tests(table)] if table.tests else []),
    ]


def _variants(rows: tuple[VariantFigures, ...]) -> Section:
    cells = tuple(
        (
            row.label,
            sparsity_text(row.achieved_sparsity),
            *(_share(proportion) for proportion in (row.open, row.shown, row.choice)),
            ABSENT if row.gap is None else signed(row.gap),
            ABSENT if row.mean_kl_vocabulary is None else f"{row.mean_kl_vocabulary:.2f}",
            number_text(row.median_gold_rank),
        )
        for row in rows
    )
    header = ("variant", "sparsity", "open", "shown", "choice", "gap", "KL", "gold rank")
    notes = (
        "[ ] 95 % Wilson interval; gap: choice minus open in points, over the items that have "
        "both: what a benchmark of choices doesn't show",
        "KL: mean divergence from the reference over the vocabulary, in nats; gold rank: median "
        "of the gold answer's first token",
    )
    return Section("Variants", Table(header, cells), notes)


def _over_sparsity(drawn: tuple[Curve, ...]) -> Section:
    rows = tuple(
        (
            curve.method if number == 0 else "",
            sparsity_text(point.achieved_sparsity),
            *(_percent(proportion) for proportion in (point.open, point.shown, point.choice)),
            ABSENT if point.gap is None else signed(point.gap),
        )
        for curve in drawn
        for number, point in enumerate(curve.points)
    )
    header = ("method", "sparsity", "open", "shown", "choice", "gap")
    return Section("Accuracy over sparsity", Table(header, rows), (_widest(drawn),), drawn)


def _widest(drawn: tuple[Curve, ...]) -> str:
    """Where choices and open answers are furthest apart."""
    known = [
        (point.gap, curve.method, point)
        for curve in drawn
        for point in curve.points
        if point.gap is not None
    ]
    if not known:
        return "no item has both an open answer and a choice"
    gap, method, point = max(known, key=lambda each: each[0])
    where = f"{method} at {sparsity_text(point.achieved_sparsity)}"
    return f"widest gap between choice and open: {points(gap)}, {where}"


def _tests(table: VariantTable) -> Section:
    pairs: dict[tuple[str, str], dict[str, VariantTest]] = {}
    for test in table.tests:
        pairs.setdefault((test.first, test.second), {})[test.measure] = test
    rows = tuple(
        (
            f"{table.label(first)} → {table.label(second)}",
            *(cell for measure in TESTED for cell in _cells(tests.get(measure))),
        )
        for (first, second), tests in pairs.items()
    )
    header = ("", *(f"{name}: {part}" for name in TESTED for part in ("points", "only", "p")))
    return Section("Between the variants", Table(header, rows), _tests_notes(table))


def _tests_notes(table: VariantTable) -> tuple[str, ...]:
    """What is compared with what, and how."""
    counts = [sum(test.measure == measure for test in table.tests) for measure in TESTED]
    return (
        "the second variant against the first, on the items that both have; only: right under the "
        "first alone, under the second alone",
        "p: McNemar's exact test on the pairs, two-sided, by Holm's correction over the "
        + " and the ".join(
            f"{count} pairs of {measure}" for measure, count in zip(TESTED, counts, strict=True)
        ),
    )


def _cells(test: VariantTest | None) -> tuple[str, ...]:
    if test is None:
        return (ABSENT,) * 3
    only = f"{test.first_only} : {test.second_only}"
    return (signed(test.difference), only, p_value_text(test.p_holm))


def sparsity_text(sparsity: float | None) -> str:
    """A sparsity in percent, with one decimal where it has one."""
    if sparsity is None:
        return ABSENT
    return f"{100 * sparsity:.1f}".removesuffix(".0") + " %"


def _share(proportion: Proportion | None) -> str:
    return ABSENT if proportion is None else proportion_text(proportion)


def _percent(proportion: Proportion | None) -> str:
    return ABSENT if proportion is None else f"{100 * proportion.share:.0f} %"
