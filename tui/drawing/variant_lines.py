"""What the summary says of all variants of a run: pure functions from figures to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from engine.analysis.curves import curves
from engine.analysis.outcomes import ABSENT
from engine.text import displayable, fit
from tui.drawing.behind import linked
from tui.drawing.curve_lines import curve_lines
from tui.drawing.lines import Line, Piece, columns, wrap
from tui.drawing.manifest_lines import heading

if TYPE_CHECKING:
    from engine.analysis.proportions import Proportion
    from engine.analysis.variants import VariantFigures, VariantTable, VariantTest

ROOMY, COMPACT = (9, 6, 7, 11), (5, 5, 7, 6)
"""Cells of sparsity, gap, divergence and rank."""

SIDE_BY_SIDE = 180
GAP = 4
MOST_LABEL = 30
MOST_PAIRS = 45
SIGNIFICANT = 0.05


def variants_lines(table: VariantTable, shown: str, width: int) -> list[Line]:
    """All variants, the curves, the tests between them; `shown` is the one that is looked at."""
    drawn = curves(table.rows)
    if width < SIDE_BY_SIDE:
        parts = [table_lines(table, shown, width), curve_lines(drawn, width)]
        parts.append(test_lines(table, width))
        return _stacked(parts)
    left = _roomy_cells(table)
    right = width - left - GAP
    blocks = (
        _stacked([table_lines(table, shown, left), test_lines(table, left)]),
        curve_lines(drawn, right),
    )
    return columns(blocks, (left, right), GAP)


def table_lines(table: VariantTable, shown: str, width: int) -> list[Line]:
    """A line for every variant: accuracies with intervals, gap, divergence, gold rank."""
    roomy = width >= _roomy_cells(table)
    label = _label_cells(table)
    share = _share_cells(table) if roomy else 12
    sparsity, gap, divergence, rank = ROOMY if roomy else COMPACT
    lines = heading("Variants")
    names = (
        ("sparsity", "open", "shown", "choice") if roomy else ("zeros", "open", "shown", "choice")
    )
    head: Line = [(fit("", 2 + label), "dim"), (fit(names[0], sparsity, align="right"), "dim")]
    head += [(fit("  " + name + ("" if roomy else " %"), share), "dim") for name in names[1:]]
    head += [
        (fit("gap", gap, align="right"), "dim"),
        (fit("KL", divergence, align="right"), "dim"),
        (fit("gold rank" if roomy else "rank", rank, align="right"), "dim"),
    ]
    lines.append(head)
    for row in table.rows:
        marked = row.name == shown
        line: Line = [
            ("▸ " if marked else "  ", "active"),
            (fit(displayable(row.label), label), "active" if marked else ""),
            (fit(_percent(row.achieved_sparsity, roomy), sparsity, align="right"), ""),
        ]
        # The reference is one side of every pair, so the pairs of the shown variant have it.
        side, under = ("dense", shown) if row is table.rows[0] else ("pruned", row.name)
        for proportion, verdict in zip(
            (row.open, row.shown, row.choice), ("answer", "shown", "choice"), strict=True
        ):
            behind = f"{side}_{verdict}_correct:right"
            line += _share(proportion, share, roomy, behind, under)
        line += [
            (fit(_signed(row.gap), gap, align="right"), _gap_paint(row)),
            (fit(_number(row.mean_kl_vocabulary, ".2f"), divergence, align="right"), ""),
            (fit(_number(row.median_gold_rank, "g"), rank, align="right"), ""),
        ]
        lines.append(line)
    text = (
        f"{_counts(table)}with 95 % Wilson intervals; gap: choice minus open, in points; KL: mean "
        "over the vocabulary from the reference, in nats; rank: median of the gold answer's first "
        "token"
    )
    return lines + wrap([(text, "dim")], width)


def test_lines(table: VariantTable, width: int) -> list[Line]:
    """Every pair of variants, tested on the open answer and on the choice."""
    pairs: dict[tuple[str, str], dict[str, VariantTest]] = {}
    for test in table.tests:
        pairs.setdefault((test.first, test.second), {})[test.measure] = test
    if not pairs:
        return []
    label = _label_cells(table)
    room = max(min((width - 2 * label - 3) // 2, 26), 18)
    lines = heading("Between the variants: the second against the first")
    head: Line = [(" " * (2 * label + 3), "")]
    for measure in ("open", "choice"):
        head.append((fit("  " + measure, room - 14), "dim"))
        head.append((fit("only", 6, align="right") + fit("p", 8, align="right"), "dim"))
    lines.append(head)
    for (first, second), tests in list(pairs.items())[:MOST_PAIRS]:
        line: Line = [
            (fit(displayable(table.label(first)), label), ""),
            (" → ", "dim"),
            (fit(displayable(table.label(second)), label), ""),
        ]
        for measure in ("open", "choice"):
            line += _test(tests.get(measure), room, from_reference=first == table.rows[0].name)
        lines.append(line)
    if len(pairs) > MOST_PAIRS:
        lines.append([(f"and {len(pairs) - MOST_PAIRS} more pairs in the export", "dim")])
    text = (
        "change in points; only, such as 7:3: right under the first alone, under the second alone; "
        f"p by McNemar's exact test, with Holm's correction over the {len(pairs)} pairs of each "
        f"measure, * below {SIGNIFICANT}"
    )
    return lines + wrap([(text, "dim")], width)


def _test(test: VariantTest | None, room: int, *, from_reference: bool) -> list[Piece]:
    if test is None:
        return [(fit("  " + ABSENT, room), "dim")]
    significant = test.p_holm < SIGNIFICANT
    p = "<.001" if test.p_holm < 0.001 else f"{test.p_holm:.3f}"
    counts = (test.first_only, test.second_only)
    only = [f"{count}" for count in counts]
    gap = " " * (6 - sum(map(len, only)) - 1)
    if from_reference:
        # Only against the reference is there one pair of verdicts to filter by.
        verdict = "choice" if test.measure == "choice" else "answer"
        sides = (f"dense_{verdict}_correct", f"pruned_{verdict}_correct")
        conditions = (
            f"{sides[0]}:right {sides[1]}:wrong",
            f"{sides[0]}:wrong {sides[1]}:right",
        )
        only = [
            linked(text, condition, count, test.second)
            for text, condition, count in zip(only, conditions, counts, strict=True)
        ]
    return [
        ("  ", ""),
        (fit(_signed(test.difference), room - 16), "strong" if significant else ""),
        (gap, ""),
        (only[0], "dim"),
        (":", "dim"),
        (only[1], "dim"),
        (fit(p, 7, align="right"), "strong" if significant else ""),
        ("*" if significant else " ", "strong"),
    ]


def _share(
    proportion: Proportion | None, cells: int, roomy: bool, behind: str, variant: str
) -> list[Piece]:
    """A share, with the right items behind it."""
    if proportion is None:
        return [(fit("  " + ABSENT, cells), "dim")]
    interval = f"{100 * proportion.low:.0f}–{100 * proportion.high:.0f}"
    percent = f"  {100 * proportion.share:.0f}{' %' if roomy else ''}"
    rest = f" of {proportion.n} [{interval}]" if roomy else f" {interval}"
    return [
        (linked(percent, behind, proportion.right, variant), "strong"),
        (fit(rest, cells - len(percent)), "dim"),
    ]


def _counts(table: VariantTable) -> str:
    """Over how many items the shares are, where their cells don't say it."""
    counts = _known_counts(table)
    if not counts:
        return ""
    return f"n = {counts[0]:,}, " if len(counts) == 1 else f"n = {counts[0]:,} to {counts[-1]:,}, "


def _share_cells(table: VariantTable) -> int:
    """For the longest share in words: "  100 % of 40 [91–100]"."""
    return 20 + max((len(str(count)) for count in _known_counts(table)), default=1)


def _roomy_cells(table: VariantTable) -> int:
    return 2 + _label_cells(table) + 3 * _share_cells(table) + sum(ROOMY)


def _known_counts(table: VariantTable) -> list[int]:
    shares = [part for row in table.rows for part in (row.open, row.shown, row.choice) if part]
    return sorted({part.n for part in shares})


def _label_cells(table: VariantTable) -> int:
    return min(max(cell_len(displayable(row.label)) for row in table.rows), MOST_LABEL)


def _gap_paint(row: VariantFigures) -> str:
    return "recognition-only" if row.gap is not None and row.gap > 0 else ""


def _percent(share: float | None, roomy: bool) -> str:
    if share is None:
        return ABSENT
    return f"{100 * share:.1f}".removesuffix(".0") + (" %" if roomy else "")


def _signed(difference: float | None) -> str:
    if difference is None:
        return ABSENT
    rounded = round(100 * difference)
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"


def _number(value: float | None, form: str) -> str:
    return ABSENT if value is None else format(value, form)


def _stacked(parts: list[list[Line]]) -> list[Line]:
    lines: list[Line] = []
    for part in filter(None, parts):
        lines += [*([[]] if lines else []), *part]
    return lines
