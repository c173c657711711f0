"""What a run comes to, in sections that every written form (text, Markdown, HTML) shares."""

from __future__ import annotations

import msgspec

from engine.analysis.statistics import ComparisonStatistics, Measure, run_statistics
from engine.analysis.summary import Comparison, Summary, VariantSummary, summarize
from engine.reports.details import details, floor_section
from engine.reports.figures import (
    MEASURES,
    Section,
    Table,
    change_text,
    flips_text,
    items_count,
    number_text,
    points,
    probability_text,
    rung_cells,
)
from engine.runs.reading import Run


def full_summary(run: Run) -> Summary:
    """The summary of a run with its statistics (for which SciPy is loaded)."""
    return msgspec.structs.replace(summarize(run), statistics=run_statistics(run))


def sections(summary: Summary) -> list[Section]:
    """The report of a run; without statistics in the summary it has no intervals and tests."""
    result = [_head(summary)]
    statistics = summary.statistics
    for place, comparison in enumerate(summary.comparisons):
        detail = statistics.comparisons[place] if statistics else None
        result.append(_ladder(summary.variants["dense"], comparison, detail))
        if len(comparison.languages) > 1:
            result.append(_outcomes_by_language(comparison))
        if detail is not None:
            result += details(summary.variants["dense"], comparison, detail)
    if statistics and statistics.floor:
        result.append(floor_section(statistics.floor))
    return result


def _head(summary: Summary) -> Section:
    scored = items_count(summary.items)
    if summary.items < summary.total:
        scored = f"{summary.items} of {items_count(summary.total)}, the rest is not scored yet"
    prompt = f", prompt {summary.prompt}" if summary.prompt else ""
    title = f"{summary.model} on {summary.source}: {scored}"
    return Section(title, None, (f"judged by {summary.judge}{prompt}",))


def _ladder(
    dense: VariantSummary, comparison: Comparison, detail: ComparisonStatistics | None
) -> Section:
    pruned = comparison.scores
    header = ["", dense.label, pruned.label, "change"]
    if detail is None:
        rows = [row for measure in MEASURES if (row := _shares(dense, pruned, measure))]
    else:
        header.append("p")
        rows = [(MEASURES[rung.measure], *rung_cells(rung)) for rung in detail.groups[0].ladder]
    if dense.gold_n or pruned.gold_n:
        rows += _gold_rows(dense, pruned, len(header))
    title = f"{dense.label} → {pruned.label}"
    return Section(title, Table(tuple(header), tuple(rows)), _story(comparison, detail))


def _shares(
    dense: VariantSummary, pruned: VariantSummary, measure: Measure
) -> tuple[str, ...] | None:
    shares = [getattr(side, f"{measure}_accuracy") for side in (dense, pruned)]
    counts = [getattr(side, f"{measure}_n") for side in (dense, pruned)]
    if shares == [None, None]:
        return None
    cells = [
        "–" if share is None else f"{100 * share:.0f} % of {n}"
        for share, n in zip(shares, counts, strict=True)
    ]
    change = "" if None in shares else points(shares[1] - shares[0])
    return (MEASURES[measure], *cells, change)


def _gold_rows(
    dense: VariantSummary, pruned: VariantSummary, columns: int
) -> list[tuple[str, ...]]:
    blank = ("",) * (columns - 3)
    return [
        (
            "gold answer's median rank",
            number_text(dense.median_gold_rank),
            number_text(pruned.median_gold_rank),
            *blank,
        ),
        (
            "its median probability",
            probability_text(dense.median_gold_probability),
            probability_text(pruned.median_gold_probability),
            *blank,
        ),
    ]


def _story(comparison: Comparison, detail: ComparisonStatistics | None) -> tuple[str, ...]:
    counts = "no item has open answers of both, so there are no outcomes"
    if any(comparison.outcomes.values()):
        counts = "   ".join(f"{name} {count}" for name, count in comparison.outcomes.items())
    if comparison.never_choice_correct:
        counts += f" (choice right in {comparison.never_choice_correct})"
    lines = [counts]
    demoted = comparison.outcomes["recognition-only"]
    if demoted:
        lines.append(
            f"recognition-only: the gold answer's first token has median rank "
            f"{number_text(comparison.demoted_gold_rank)} in {items_count(demoted)}"
        )
    if detail is None or not detail.recoveries:
        lines += [
            f"brought back by {row.decoding}: {row.recovered} of {row.tried}"
            for row in comparison.recoveries
        ]
    lines += _changes(comparison)
    if comparison.achieved_sparsity is not None:
        lines.append(f"achieved sparsity {100 * comparison.achieved_sparsity:.1f} %")
    if detail is not None and detail.groups[0].ladder:
        lines.append("[ ] 95 % Wilson interval; p: McNemar's exact test on the pairs, two-sided")
    return tuple(lines)


def _changes(comparison: Comparison) -> list[str]:
    lines = []
    total = sum(comparison.flips.values())
    if total:
        lines.append(f"choices that changed: {flips_text(comparison.flips)}")
    divergences = [
        f"over {what} {value:.2f} nats"
        for what, value in (
            ("the vocabulary", comparison.mean_kl_vocabulary),
            ("the options", comparison.mean_kl_options),
        )
        if value is not None
    ]
    if divergences:
        lines.append(f"mean KL divergence from the reference: {', '.join(divergences)}")
    return lines


def _outcomes_by_language(comparison: Comparison) -> Section:
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
    header = ("language", "n", "open", "choice", *comparison.outcomes)
    return Section("By language", Table(header, rows), ())
