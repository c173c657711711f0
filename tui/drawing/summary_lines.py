"""What the summary says of a run: pure functions from figures to lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.analysis.metrics.registry import ladder, summed
from engine.analysis.outcomes import OUTCOME_MARKS
from engine.records.manifest import Manifest, VariantRecord
from engine.text import displayable, fit, truncated
from tui.drawing.behaviour_lines import failure_lines, shift_block
from tui.drawing.behind import linked
from tui.drawing.group_lines import language_lines, points_text, slice_lines
from tui.drawing.lines import Line, Piece, wrap
from tui.drawing.manifest_lines import heading, manifest_lines, sparsity_lines
from tui.drawing.marks import bar
from tui.drawing.recovery_lines import recovery_lines
from tui.drawing.scatter import Point, scatter_lines

if TYPE_CHECKING:
    from engine.analysis.failure_counts import FailureCounts
    from engine.analysis.partings import Partings
    from engine.analysis.proportions import Proportion
    from engine.analysis.shifts import Shift
    from engine.analysis.statistics import ComparisonStatistics, Floor, Group, RankBands, Rung
    from engine.analysis.summed import Figure

FLIPS = {
    "right-to-wrong": "right → wrong",
    "wrong-to-right": "wrong → right",
    "wrong-to-other": "wrong → other wrong",
}


def outcome_lines(counts: dict[str, int], never_choice: int, width: int) -> list[Line]:
    """Every outcome with its count, share and bar."""
    total = sum(counts.values())
    lines = heading("Outcomes")
    for name, count in counts.items():
        portion = count / total if total else 0.0
        line: Line = [
            (f"{OUTCOME_MARKS[name]} ", name),
            (fit(name, 18), name),
            (linked(fit(f"{count:,}", 7, align="right"), f"outcome:{name}", count), "strong"),
            (fit(f"{100 * portion:.0f} %", 7, align="right"), ""),
            ("  ", ""),
            (bar(portion, max(min(width - 36, 40), 4)), name),
        ]
        lines.append(line)
    every = linked(fit(f"{total:,}", 7, align="right"), "", total)
    lines.append([(fit("  all", 20), "dim"), (every, "dim")])
    if never_choice:
        within = linked(f"{never_choice:,}", "never_choice_correct:yes", never_choice)
        text = "  of the items never right, the choice is right in "
        lines.append([(text if width >= 58 else "  never, choice right ", "dim"), (within, "dim")])
    return lines


def ladder_lines(group: Group, labels: tuple[str, str], width: int) -> list[Line]:
    """Accuracies per variant with 95 % intervals, their difference and its test."""
    lines = heading("Accuracy, with 95 % intervals")
    roomy = width >= 92
    cells = 20 if roomy else 15 if width >= 72 else 13
    title = 17 if width >= 72 else 15
    lines.append(
        [
            (fit("", title), ""),
            *((fit(truncated(displayable(name), cells - 1), cells), "dim") for name in labels),
            (fit("change", 9, align="right"), "dim"),
            (fit("only", 9, align="right"), "dim"),
            (fit("n", 6, align="right") if width >= 72 else "", "dim"),
            (fit("p", 9, align="right") if roomy else "", "dim"),
        ]
    )
    for rung in group.ladder:
        lines.append(_rung(rung, title, cells, width))
    told = "only: right under the first alone, under the second alone"
    if roomy:
        told += "; p by McNemar's exact test on these"
    return lines + wrap([(told, "dim")], width)


def band_lines(first: RankBands, worst: RankBands, width: int) -> list[Line]:
    """Where the gold answers of recognition-only items stand."""
    lines = heading("Where the demoted gold answers stand")
    if not first.n:
        return [*lines, [("no recognition-only items yet", "dim")]]
    lines.append(
        [
            (fit("rank", 10), "dim"),
            (fit("first token", 12, align="right"), "dim"),
            (fit("worst token", 13, align="right"), "dim"),
        ]
    )
    rows = (
        ("1", first.first, worst.first, "{0}:1"),
        ("2 to 5", first.from_2_to_5, worst.from_2_to_5, "{0}>=2 {0}<=5"),
        ("6 to 20", first.from_6_to_20, worst.from_6_to_20, "{0}>=6 {0}<=20"),
        ("beyond", first.beyond, worst.beyond, "{0}>20"),
    )
    for name, count, other, band in rows:
        among = f"outcome:recognition-only {band}"
        lines.append(
            [
                (fit(name, 10), ""),
                (
                    linked(fit(f"{count}", 12, align="right"), among.format("rank"), count),
                    "strong",
                ),
                (linked(fit(f"{other}", 13, align="right"), among.format("worst"), other), ""),
                ("   ", ""),
                (bar(count / first.n, max(min(width - 40, 30), 4)), "recognition-only"),
            ]
        )
    lines.append([(f"n = {first.n} recognition-only items", "dim")])
    return lines


def flip_lines(flips: dict[str, int], floor: Floor | None) -> list[Line]:
    """How choices changed, beside what the reference changes by itself."""
    total = sum(flips.values())
    lines = heading("Choices that changed")
    for key, name in FLIPS.items():
        line: Line = [
            (fit(name, 22), ""),
            (
                linked(fit(f"{flips[key]}", 5, align="right"), f"flip:{key}", flips[key]),
                "strong",
            ),
        ]
        if floor is not None:
            line.append((f"   floor {floor.flips.get(key, 0)}", "dim"))
        lines.append(line)
    lines.append([(f"n = {total}", "dim")])
    return lines


def metric_lines(figures: Mapping[str, Figure], width: int) -> list[Line]:
    """The metrics that are summed up, beside those of the ladder."""
    rows = []
    for metric in summed():
        known = [figures[column.name] for column in metric.columns]
        if any(figure.n for figure in known):
            title = f"{metric.summed_title} {metric.summed_part}".rstrip()
            rows.append((title, [metric.summed_text(figure.value) for figure in known]))
    lines = heading("Metrics") if rows else []
    for title, texts in rows:
        value: list[Piece] = [(displayable(" → ".join(texts)), "strong")]
        lines += wrap([(f"{displayable(title)}: ", ""), *value], width, indent=2)
    return lines


@dataclass(frozen=True)
class ComparisonFigures:
    """What is known of one variant against the reference.

    Attributes:
        outcomes: items by outcome.
        never_choice: items never right whose choice is right.
        metrics: summed up, by column.
        failures: how wrong answers fail; None where that isn't known.
        shift: how far the variant moved.
        partings: where the answers part; None where that isn't known.
        points: gold probabilities before and after, by outcome.
        record: what the manifest says of the variant.
        target: sparsity that the recipe asks for.
        labels: of the reference and the variant.
    """

    statistics: ComparisonStatistics
    floor: Floor | None
    outcomes: dict[str, int]
    never_choice: int
    metrics: Mapping[str, Figure]
    failures: FailureCounts | None
    shift: Shift
    partings: Partings | None
    points: dict[str, list[Point]]
    manifest: Manifest
    record: VariantRecord | None
    target: float
    labels: tuple[str, str]


def comparison_blocks(figures: ComparisonFigures, width: int) -> list[list[Line]]:
    """The summary's sections for one variant, in their order."""
    statistics, labels = figures.statistics, figures.labels
    overall = statistics.groups[0]
    blocks = [
        outcome_lines(figures.outcomes, figures.never_choice, width),
        ladder_lines(overall, labels, width),
        failure_lines(figures.failures, labels, width),
        band_lines(statistics.first_token_ranks, statistics.worst_token_ranks, width),
        recovery_lines(statistics, figures.manifest.settings.recover_filter, width),
        scatter_lines(figures.points, labels, width),
        flip_lines(overall.flips, figures.floor),
        shift_block(figures.shift, figures.partings, width),
        metric_lines(figures.metrics, width),
        sparsity_lines(figures.record, figures.target, width),
        language_lines(statistics, labels, width),
        slice_lines(statistics.outstanding, width),
        manifest_lines(figures.manifest, width),
    ]
    return [block for block in blocks if block]


def _rung(rung: Rung, title: int, cells: int, width: int) -> Line:
    before, after = (column.name for column in ladder()[rung.measure].columns)
    only = (
        (rung.dense_only, f"{before}:right {after}:wrong"),
        (rung.pruned_only, f"{before}:wrong {after}:right"),
    )
    texts = [linked(f"{count}", condition, count) for count, condition in only]
    gap = 9 - sum(map(len, texts)) - 1
    line: Line = [(fit(displayable(ladder()[rung.measure].title), title), "")]
    for proportion, column in ((rung.dense, before), (rung.pruned, after)):
        line += _proportion(proportion, cells, f"{column}:right")
    line += [
        (
            fit(points_text(rung.difference, "pts"), 9, align="right"),
            "wrong" if rung.difference < 0 else "right",
        ),
        (" " * max(gap, 1), ""),
        (texts[0], "strong"),
        (":", "dim"),
        (texts[1], "strong"),
    ]
    if width >= 72:
        line.append((fit(f"{rung.dense.n:,}", 6, align="right"), "dim"))
    if width >= 92:
        p = "<0.0001" if rung.p_value < 0.0001 else f"{rung.p_value:.4f}"
        line.append((fit(p, 9, align="right"), "dim"))
    return line


def _proportion(proportion: Proportion, cells: int, condition: str) -> list[Piece]:
    interval = f"{100 * proportion.low:.0f}–{100 * proportion.high:.0f}"
    share = fit(f"{100 * proportion.share:.0f} %", 6)
    return [
        (linked(share, condition, proportion.right), "strong"),
        (fit(f" {interval}", cells - 6), "dim"),
    ]
