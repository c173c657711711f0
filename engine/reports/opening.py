"""What a report begins with: the finding in a sentence, and the items that show it best."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.analysis.curves import curves
from engine.analysis.outcomes import verdict_mark
from engine.analysis.recovery_text import recovery_summary
from engine.analysis.summary import Comparison, Summary, VariantSummary, label_of
from engine.analysis.variants import VariantFigures
from engine.reports.figures import Section, Table, items_count
from engine.runs.reading import Run

EXAMPLES = 5
MOST_CHANGES = 6
"""Of the variants that are drawn."""
LONGEST = 120
"""A longer question or answer is cut."""


def opening(run: Run, summary: Summary, frames: Mapping[str, pl.DataFrame]) -> list[Section]:
    """The finding on every variant, and examples of the one whose answers were demoted most.

    Args:
        run: as it is read.
        summary: of it.
        frames: its pairs by variant.
    """
    dense = summary.variants["dense"]
    findings = [text for one in summary.comparisons if (text := finding(dense, one))]
    result = []
    if findings:
        result.append(Section("In short", None, tuple(findings), changes=_changes(summary)))
    most = max(summary.comparisons, key=lambda one: one.outcomes["recognition-only"])
    if most.outcomes["recognition-only"]:
        result.append(_examples(run, most, frames[most.variant]))
    return result


def _changes(summary: Summary) -> tuple[tuple[VariantFigures, VariantFigures], ...]:
    """Each variant beside the reference, unless curves show them already."""
    table = summary.variant_table
    if table is None or curves(table.rows):
        return ()
    reference, *variants = table.rows
    drawn = [one for one in variants if one.open is not None and one.choice is not None]
    return tuple((reference, one) for one in drawn[:MOST_CHANGES])


def finding(dense: VariantSummary, comparison: Comparison) -> str:
    """What became of open answers and choices, in a sentence; empty where one is not known."""
    pruned = comparison.scores
    shares = (
        dense.open_accuracy,
        pruned.open_accuracy,
        dense.choice_accuracy,
        pruned.choice_accuracy,
    )
    if None in shares:
        return ""
    opened, opened_after, chosen, chosen_after = (f"{100 * (share or 0):.0f}" for share in shares)
    outcomes = comparison.outcomes
    demoted, lost = outcomes["recognition-only"], outcomes["lost"]
    right = demoted + lost + outcomes["kept"]
    return (
        f"{comparison.label}: open answers {opened} → {opened_after} % right, choices {chosen} → "
        f"{chosen_after} %. Of {items_count(right)} that {dense.label} answers, {demoted} are "
        f"recognition-only: the answer is demoted and the choice still right; {lost} are lost."
    )


def _examples(run: Run, comparison: Comparison, frame: pl.DataFrame) -> Section:
    best = (
        frame.filter(pl.col("outcome") == "recognition-only")
        .sort("striking", descending=True, nulls_last=True, maintain_order=True)
        .head(EXAMPLES)
    )
    rows = []
    for row in best.iter_rows(named=True):
        back = [
            recovery_summary(redecode)
            for redecode in run.redecodes
            if redecode.item_id == row["item_id"]
            and redecode.variant == comparison.variant
            and redecode.recovered_at
        ]
        rows.append(
            (
                _short(row["question"]),
                _short(row["gold"]),
                f"{verdict_mark(True)} {_short(row['dense_answer'])}",
                f"{verdict_mark(False)} {_short(row['pruned_answer'])}",
                f"{row['dense_gold_rank'] or '–'} → {row['pruned_gold_rank'] or '–'}",
                ", ".join(sorted(set(back))) or "–",
            )
        )
    reference = label_of(run, run.manifest.settings.against)
    header = ("question", "gold", reference, comparison.label, "gold's rank", "brought back by")
    return Section(
        "Striking examples",
        Table(header, tuple(rows)),
        (f"recognition-only under {comparison.label}; the choice is right in all of them",),
    )


def _short(text: str | None) -> str:
    text = (text or "").strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
