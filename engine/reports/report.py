"""What a run comes to, in sections that every written form (text, Markdown, HTML) shares."""

from __future__ import annotations

from collections import defaultdict
from itertools import repeat

import msgspec
import polars as pl

from engine.analysis.asked import without_asked
from engine.analysis.frame import run_frame
from engine.analysis.known_text import candidates_text, unanswered_text
from engine.analysis.metrics.metric import Metric, SideMetric
from engine.analysis.metrics.registry import ladder, summed
from engine.analysis.outcomes import ABSENT
from engine.analysis.statistics import ComparisonStatistics, run_statistics
from engine.analysis.summary import Comparison, Summary, VariantSummary, summarize
from engine.analysis.summed import Figure
from engine.analysis.variants import variant_table
from engine.reports.behaviour import behaviour
from engine.reports.details import details, floor_section
from engine.reports.figures import (
    Section,
    Table,
    brought_back_text,
    flips_text,
    items_count,
    measure_title,
    number_text,
    points,
    rung_cells,
)
from engine.reports.groups import by_language
from engine.reports.opening import opening
from engine.reports.remedies import sections_of_run
from engine.reports.variants import variant_sections
from engine.runs.reading import Run


def full_summary(run: Run) -> Summary:
    """The summary of a run with its statistics (for which SciPy is loaded)."""
    return _summary(run, _frames(run))


def written_report(run: Run) -> list[Section]:
    """The report of a run as it is handed in: it begins with the finding and with examples, and
    ends with what brings answers back."""
    run = without_asked(run)
    frames = _frames(run)
    summary = _summary(run, frames)
    head, *rest = sections(summary)
    remedies = [] if run.remedies is None else sections_of_run(run.remedies)
    return [head, *opening(run, summary, frames), *rest, *remedies]


def _frames(run: Run) -> dict[str, pl.DataFrame]:
    return {name: run_frame(run, name) for name in run.manifest.settings.recipes}


def _summary(run: Run, frames: dict[str, pl.DataFrame]) -> Summary:
    return msgspec.structs.replace(
        summarize(run),
        statistics=run_statistics(run, frames),
        variant_table=variant_table(run, frames),
    )


def sections(summary: Summary) -> list[Section]:
    """The report of a run; without statistics in the summary it has no intervals and tests."""
    result = [_head(summary)]
    if summary.variant_table and len(summary.comparisons) > 1:
        result += variant_sections(summary.variant_table)
    statistics = summary.statistics
    details_of = statistics.comparisons if statistics else repeat(None)
    for comparison, detail in zip(summary.comparisons, details_of, strict=False):
        result.append(_ladder(summary.variants["dense"], comparison, detail))
        result += behaviour(summary.variants["dense"], comparison)
        if len(comparison.languages) > 1:
            result.append(by_language(summary.variants["dense"].label, comparison, detail))
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
    judged = f"judged by {summary.judge}{_by_hand(summary)}{prompt}"
    return Section(title, None, (judged, *_borrowed(summary)))


def _borrowed(summary: Summary) -> list[str]:
    """What a choice among other items' answers is worth; nothing where items have their own."""
    if not summary.borrowed:
        return []
    none = f"; {summary.optionless} have none" if summary.optionless else ""
    return [
        f"the options of {items_count(summary.borrowed)} are other items' answers, which may be "
        f"easier to rule out than options of their own{none}"
    ]


def _by_hand(summary: Summary) -> str:
    count = summary.overruled
    return f", {count} verdict{'s' if count != 1 else ''} overruled by hand" if count else ""


def _ladder(
    dense: VariantSummary, comparison: Comparison, detail: ComparisonStatistics | None
) -> Section:
    pruned = comparison.scores
    header = ["", dense.label, pruned.label, "change"]
    if detail is None:
        rows = [row for metric in ladder().values() if (row := _shares(comparison, metric))]
    else:
        header.append("p")
        rows = [
            (measure_title(rung.measure), *rung_cells(rung)) for rung in detail.groups[0].ladder
        ]
    rows += _both_sides(comparison, len(header))
    title = f"{dense.label} → {pruned.label}"
    lines = _story(dense, comparison, detail)
    return Section(title, Table(tuple(header), tuple(rows)), lines)


def _shares(comparison: Comparison, metric: Metric) -> tuple[str, ...] | None:
    before, after = _figures(comparison, metric)
    if not before.n and not after.n:
        return None
    cells = [
        ABSENT if figure.value is None else f"{100 * figure.value:.0f} % of {figure.n}"
        for figure in (before, after)
    ]
    change = ""
    if before.value is not None and after.value is not None:
        change = points(after.value - before.value)
    return (metric.summed_title, *cells, change)


def _both_sides(comparison: Comparison, columns: int) -> list[tuple[str, ...]]:
    """A row for every metric of both sides that is summed up without a test."""
    blank = ("",) * (columns - 3)
    return [
        (
            metric.summed_title,
            *(metric.summed_text(figure.value) for figure in _figures(comparison, metric)),
            *blank,
        )
        for metric in summed()
        if isinstance(metric, SideMetric)
        and any(figure.n for figure in _figures(comparison, metric))
    ]


def _figures(comparison: Comparison, metric: Metric) -> list[Figure]:
    return [comparison.metrics[column.name] for column in metric.columns]


def _story(
    dense: VariantSummary, comparison: Comparison, detail: ComparisonStatistics | None
) -> tuple[str, ...]:
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
        lines += map(brought_back_text, comparison.recoveries)
    if detail is not None:
        told = (unanswered_text(dense.label, detail), candidates_text(detail))
        lines += filter(None, told)
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
    return [*lines, *_of_pairs(comparison)]


def _of_pairs(comparison: Comparison) -> list[str]:
    """A line for every title under which metrics of the pairs are summed up."""
    parts = defaultdict(list)
    for metric in summed():
        (figure, *others) = _figures(comparison, metric)
        if figure.n and not others:
            text = metric.summed_text(figure.value)
            parts[metric.summed_title].append(f"{metric.summed_part} {text}".lstrip())
    return [f"{title}: {', '.join(texts)}" for title, texts in parts.items()]
