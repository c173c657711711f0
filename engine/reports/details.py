"""The part of a report that needs statistics: languages, ranks, recoveries, slices, the floor."""

from __future__ import annotations

from engine.analysis.outcomes import ABSENT
from engine.analysis.recovery_figures import Control
from engine.analysis.statistics import ComparisonStatistics, Floor, Group, RankBands
from engine.analysis.summary import Comparison, VariantSummary
from engine.reports.figures import (
    Section,
    Table,
    brought_back_text,
    flips_text,
    items_count,
    measure_title,
    points,
    rung_cells,
    signed,
)

SLICES_SHOWN = 8

BY_CHANCE = (
    "by chance: with another item's answers, of its language and kind, in the place of its own; "
    "never items: those that neither model answers, decoded in the same way"
)


def details(
    dense: VariantSummary, comparison: Comparison, detail: ComparisonStatistics
) -> list[Section]:
    """The sections of one comparison that its statistics have anything for."""
    result = []
    if len(detail.groups) > 1:
        result.append(_groups(dense, comparison, detail.groups[1:]))
    if detail.first_token_ranks.n:
        result.append(_ranks(detail))
    if detail.recoveries:
        result.append(_recoveries(comparison, detail))
    if detail.outstanding:
        result.append(_slices(detail))
    return result


def _groups(dense: VariantSummary, comparison: Comparison, groups: tuple[Group, ...]) -> Section:
    rows = tuple(
        (f"{group.name}: {measure_title(rung.measure)}", *rung_cells(rung))
        for group in groups
        for rung in group.ladder
    )
    header = ("", dense.label, comparison.label, "change", "p")
    notes = ("p-values are not corrected for the number of languages",)
    return Section("Every rung by language", Table(header, rows), notes)


def _ranks(detail: ComparisonStatistics) -> Section:
    rows = []
    for name, bands in (
        ("first token", detail.first_token_ranks),
        ("worst token", detail.worst_token_ranks),
    ):
        rows.append((name, *_bands(bands)))
    header = ("gold answer's", "rank 1", "2–5", "6–20", "beyond", "n")
    return Section("Ranks in recognition-only items", Table(header, tuple(rows)), ())


def _bands(bands: RankBands) -> tuple[str, ...]:
    counts = (bands.first, bands.from_2_to_5, bands.from_6_to_20, bands.beyond)
    return (*(f"{count} ({100 * count / bands.n:.0f} %)" for count in counts), str(bands.n))


def _recoveries(comparison: Comparison, detail: ComparisonStatistics) -> Section:
    rows = tuple(
        (
            row.group,
            row.decoding,
            str(row.items),
            str(row.tried),
            str(row.recovered),
            ABSENT if row.control.chance is None else f"{row.control.chance:.1f}",
            _never(row.control),
            ", ".join(f"{position}: {count}" for position, count in row.positions.items()),
        )
        for row in detail.recoveries
    )
    header = (
        *("group", "decoding", "items", "tried", "back", "by chance", "never items"),
        "at position: items",
    )
    every = [row for row in comparison.recoveries if row.kind is None]
    lines = (*map(brought_back_text, every), BY_CHANCE)
    return Section(f"Brought back of {detail.recovery_items}", Table(header, rows), lines)


def _never(control: Control) -> str:
    if not control.never_tried:
        return ABSENT
    return f"{control.never_recovered} of {control.never_tried}"


def _slices(detail: ComparisonStatistics) -> Section:
    rows = tuple(
        (
            f"{part.by}: {part.value}",
            str(part.n),
            points(part.open_change),
            points(part.choice_change),
            f"{signed(part.illusion)} [{signed(part.low)} to {signed(part.high)}]",
            str(part.recognition_only),
        )
        for part in detail.outstanding[:SLICES_SHOWN]
    )
    header = ("slice", "n", "open", "choice", "illusion, points", "recognition-only")
    note = (
        "illusion: how much further open accuracy fell than choice accuracy; the slices are "
        "ranked by it, so the first ones are partly luck"
    )
    return Section("Where the illusion is largest", Table(header, rows), (note,))


def floor_section(floor: Floor) -> Section:
    """What the reference changes by itself."""
    lines = [
        f"the reference scored twice, in other batches, over {items_count(floor.items)}",
        f"choices that changed: {flips_text(floor.flips)}",
        f"open answers: {floor.open_verdicts_changed} verdicts and {floor.open_texts_changed} "
        "texts changed",
    ]
    if floor.mean_kl_vocabulary is not None:
        lines.append(f"mean KL divergence over the vocabulary {floor.mean_kl_vocabulary:.2g} nats")
    return Section("Noise floor", None, tuple(lines))
