"""Sections of a report, and figures in words."""

from __future__ import annotations

from typing import NamedTuple

from engine.analysis.curves import Curve
from engine.analysis.metrics.registry import ladder
from engine.analysis.pairing import FLIPS
from engine.analysis.proportions import Proportion
from engine.analysis.recovery_figures import RecoverySummary
from engine.analysis.shift_text import control_text
from engine.analysis.statistics import Rung
from engine.analysis.variants import VariantFigures
from engine.runs.reading import Run


class Table(NamedTuple):
    """Cells of text; the first column is flush left."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(NamedTuple):
    """A heading, a table or none, and sentences after it.

    Attributes:
        curves, changes: drawn above the table by the forms that have pictures. A change is a
            variant, the reference before it.
    """

    title: str
    table: Table | None
    lines: tuple[str, ...]
    curves: tuple[Curve, ...] = ()
    changes: tuple[tuple[VariantFigures, VariantFigures], ...] = ()

    @property
    def pictured(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.curves or self.changes)


def items_count(count: int) -> str:
    """A number of items in words."""
    return f"{count:,} item" + ("s" if count != 1 else "")


def written_items(run: Run, count: int) -> str:
    """How many items are written, of how many; what was asked beside them is counted among them."""
    total = len(run.scored)
    text = items_count(total) if count == total else f"{count} of {items_count(total)}"
    return f"{text}, {len(run.asked)} of them asked" if run.asked else text


def measure_title(measure: str) -> str:
    """What a rung of the ladder is called: "open answer right"."""
    return ladder()[measure].summed_title


def rung_cells(rung: Rung) -> tuple[str, ...]:
    """Both shares, the change and its p-value."""
    return (
        proportion_text(rung.dense),
        proportion_text(rung.pruned),
        points(rung.difference),
        p_value_text(rung.p_value),
    )


def flips_text(flips: dict[str, int]) -> str:
    """How many choices changed, and how."""
    total = sum(flips.values())
    parts = ", ".join(f"{name.replace('-', ' ')} {flips[name]}" for name in FLIPS[1:])
    return f"{total - flips['none']} of {total} ({parts})"


def brought_back_text(row: RecoverySummary) -> str:
    """How many items a decoding brought back, beside what luck would bring."""
    back = f"brought back by {row.decoding}: {row.recovered} of {row.tried}"
    return "; ".join(filter(None, (back, control_text(row.control))))


def points(difference: float) -> str:
    """`signed`, with its unit."""
    return f"{signed(difference)} points"


def signed(difference: float) -> str:
    """A difference of shares in whole percentage points, with its sign."""
    rounded = round(100 * difference)
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"


def proportion_text(proportion: Proportion) -> str:
    """A share with its n and its interval: "78 % of 60 [66–87]"."""
    interval = f"[{100 * proportion.low:.0f}–{100 * proportion.high:.0f}]"
    return f"{100 * proportion.share:.0f} % of {proportion.n} {interval}"


def p_value_text(p_value: float) -> str:
    """Three decimals, as far as they tell anything."""
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def change_text(before: float | None, after: float | None) -> str:
    """Two shares in percent."""
    shown = ["–" if value is None else f"{100 * value:.0f}" for value in (before, after)]
    return f"{shown[0]} → {shown[1]} %"


def number_text(value: float | None) -> str:
    """A number, or a dash for what is absent."""
    return "–" if value is None else f"{value:g}"
