"""The table of remedies, for every form of a report."""

from __future__ import annotations

from collections.abc import Sequence

from engine.methods.checkpoint import METHOD as CHECKPOINT
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

PERPLEXITY = "ppl"

DECODING_HEADER = ("recipe", "decoding", "open", "95 %", "back", "broken", "p", "read", "generated")

DECODING_NOTE = (
    "the first hypothesis counts; back and broken are against the recipe's own greedy answers, "
    "read and generated are the tokens that an item costs"
)

CHOSEN = "▸ "
"""Stands before the recipe that the search chose."""


def remedy_sections(report: RemedyReport) -> list[Section]:
    """What the search comes to in a sentence, and the tables of both tasks."""
    rows = (report.dense, report.variant, *ordered(report))
    found = [
        Section(
            title=f"Held-out half, {report.held_out} items",
            table=_held_out(rows, report),
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
    if report.priced:
        found.append(
            Section(
                title="At a price: some blocks left dense, on the held-out half",
                table=_held_out(report.priced, report),
                lines=(price_note(report),),
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


def sections_of_run(report: RemedyReport) -> list[Section]:
    """The same, as part of the report of the run."""
    return [
        section._replace(title=f"Remedies, {section.title[0].lower()}{section.title[1:]}")
        for section in remedy_sections(report)
    ]


def ordered(report: RemedyReport) -> list[RemedyRow]:
    """Baselines, then remedies by how much they bring back, what was chosen last."""

    def key(row: RemedyRow) -> tuple[bool, bool, float]:
        return row.recipe == report.best.recipe, row.role == "remedy", row.open_accuracy or 0.0

    return sorted(report.remedies, key=key)


def sentence(report: RemedyReport) -> str:
    """What was chosen, and what it does on the held-out half."""
    best, variant, dense = report.best, report.variant, report.dense
    if is_finished(variant):
        found = f"{variant.label} is finished: at the same cost no recipe makes it otherwise"
        return f"{found}, but blocks of it can be dense again" if report.priced else found
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
        *perplexity_notes(report),
        *report.notes,
    ]


def perplexity_notes(report: RemedyReport) -> list[str]:
    """What perplexity was measured on, where it was."""
    text = report.text
    if text is None:
        return []
    return [f"{PERPLEXITY}: perplexity on {text.source}, {text.windows} × {text.tokens} tokens"]


def perplexity_text(row: RemedyRow) -> str:
    """A row's perplexity."""
    return "–" if row.perplexity is None else f"{row.perplexity:.2f}"


def price_note(report: RemedyReport) -> str:
    """What stands in the table of remedies at a price."""
    note = (
        "the blocks that the gold answers gain most from when they are dense; for comparison as "
        "many blocks at random"
    )
    if not is_finished(report.variant):
        return f"{note}, and the sparsity that this comes to over all blocks"
    if len(report.priced) > 2:
        return f"{note}, and the dense model pruned to the sparsity that this comes to"
    return note


def is_finished(row: RemedyRow) -> bool:
    """Whether a row is of a finished checkpoint, that no recipe of ours makes."""
    return row.recipe.startswith(f"{CHECKPOINT.name}:")


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
        "–" if row.prompt_tokens is None else f"{row.prompt_tokens:.0f}",
        f"{row.tokens:.0f}",
    )


def _held_out(rows: Sequence[RemedyRow], report: RemedyReport) -> Table:
    """Rows on the held-out half, with the perplexity where there is a text."""
    cells = [_cells(row, row.held_out, report) for row in rows]
    if report.text is None:
        return Table(header=HEADER, rows=tuple(cells))
    measured = ((*own, perplexity_text(row)) for own, row in zip(cells, rows, strict=True))
    return Table(header=(*HEADER, PERPLEXITY), rows=tuple(measured))


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
