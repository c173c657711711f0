"""The table of remedies, for every form of a report."""

from __future__ import annotations

from engine.records.remedies import DecodingRow, RemedyReport, RemedyRow, TaskFigures
from engine.reports.figures import Section, Table, p_value_text
from engine.text import displayable

HEADER = (
    "recipe",
    "zeros",
    "open",
    "95 %",
    "shown",
    "choice",
    "back",
    "broken",
    "p",
    "KL",
)

DECODING_HEADER = ("recipe", "decoding", "open", "95 %", "back", "broken", "p", "tokens")

DECODING_NOTE = (
    "the first hypothesis counts; back and broken are against the recipe's own greedy answers, "
    "tokens are those generated for an item"
)

PRICE_NOTE = (
    "the blocks that the gold answers gain most from when they are dense; for comparison as many "
    "blocks at random, and the sparsity that this comes to over all blocks"
)

CHOSEN = "▸ "
"""Stands before the recipe that the search chose."""


def remedy_sections(report: RemedyReport) -> list[Section]:
    """What the search comes to in a sentence, and the tables of both tasks."""
    rows = (report.dense, report.variant, *ordered(report))
    held_out = tuple(_cells(row, row.held_out, report) for row in rows)
    found = [
        Section(
            title=f"Held-out half, {report.held_out} items",
            table=Table(header=HEADER, rows=held_out),
            lines=(sentence(report), *notes(report)),
        )
    ]
    if report.control is not None:
        others = tuple(_cells(row, row.control, report) for row in rows if row.control)
        found.append(
            Section(
                title=f"Another task: {displayable(report.control)}",
                table=Table(header=HEADER, rows=others),
                lines=(),
            )
        )
    priced = tuple(_cells(row, row.held_out, report) for row in report.priced)
    if priced:
        found.append(
            Section(
                title="At a price: some blocks left dense, on the held-out half",
                table=Table(header=HEADER, rows=priced),
                lines=(PRICE_NOTE,),
            )
        )
    decoded = tuple(_decoding_cells(row) for row in report.decodings)
    if decoded:
        found.append(
            Section(
                title=f"Other decodings, {report.held_out} items of the held-out half",
                table=Table(header=DECODING_HEADER, rows=decoded),
                lines=(DECODING_NOTE,),
            )
        )
    return found


def ordered(report: RemedyReport) -> list[RemedyRow]:
    """Baselines, then remedies by how much they bring back, what was chosen last."""

    def key(row: RemedyRow) -> tuple[bool, bool, float]:
        return row.recipe == report.best.recipe, row.role == "remedy", row.open_accuracy or 0.0

    return sorted(report.remedies, key=key)


def sentence(report: RemedyReport) -> str:
    """What was chosen, and what it does on the held-out half."""
    best, variant, dense = report.best, report.variant, report.dense
    if best.recipe == variant.recipe:
        return f"nothing that was tried brings back more than {variant.label} has"
    return (
        f"{best.label} answers {percent(best.open_accuracy)} openly, "
        f"{variant.label} {percent(variant.open_accuracy)}, "
        f"the dense model {percent(dense.open_accuracy)}; "
        f"choice {percent(best.choice_accuracy)}, was {percent(variant.choice_accuracy)}"
    )


def percent(share: float | None) -> str:
    """A share as "57 %"."""
    return "–" if share is None else f"{100 * share:.0f} %"


def notes(report: RemedyReport) -> list[str]:
    """How it was found, and what the columns and marks mean."""
    return [
        f"chosen on {report.choosing} other items, of {len(report.trials)} recipes tried in "
        f"{report.seconds / 60:.1f} min",
        "back, broken: open answers that are right and were wrong under the variant, and the other "
        "way round; p: McNemar's exact test of both",
        "= is no remedy: what the remedies must beat",
    ]


def _decoding_cells(row: DecodingRow) -> tuple[str, ...]:
    low, high = row.open_interval
    return (
        row.label,
        row.decoding,
        percent(row.open_accuracy),
        f"{100 * low:.0f}–{100 * high:.0f}",
        str(row.brought_back),
        str(row.newly_broken),
        p_value_text(row.p_value),
        f"{row.tokens:.0f}",
    )


def _cells(row: RemedyRow, figures: TaskFigures, report: RemedyReport) -> tuple[str, ...]:
    chosen = CHOSEN if row.recipe == report.best.recipe else "  "
    mark = "= " if row.role == "baseline" else chosen
    low, high = figures.open_interval or (None, None)
    compared = row.role not in ("dense", "variant")
    return (
        f"{mark}{row.label}",
        percent(row.achieved_sparsity) if row.role != "dense" else "0 %",
        percent(figures.open_accuracy),
        "–" if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f}",
        percent(figures.shown_accuracy),
        percent(figures.choice_accuracy),
        str(figures.brought_back) if compared else "",
        str(figures.newly_broken) if compared else "",
        p_value_text(figures.p_value) if compared else "",
        "–" if figures.mean_kl_vocabulary is None else f"{figures.mean_kl_vocabulary:.2f}",
    )
