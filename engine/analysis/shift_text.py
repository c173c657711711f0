"""How far a variant moved, in words: shared by reports and screens, and light to import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.analysis.partings import Partings
    from engine.analysis.recovery_figures import Control
    from engine.analysis.shifts import Estimate, Shift

_ENDS = {"100": "maximum", "50": "median", "0": "minimum"}


class ShiftRow(NamedTuple):
    """A mean or a share with its standard error; the error is empty for one item."""

    name: str
    value: str
    error: str
    n: str


def shift_rows(shift: Shift) -> list[ShiftRow]:
    """What is known of a shift as means and shares."""
    rows = [
        _row("mean Δp of the gold answer's first token", shift.delta_p, 100, "+.1f", " points"),
        _row("mean KL divergence over the vocabulary", shift.kl_vocabulary, 1, ".3f", " nats"),
        _row("likeliest first token is the same", shift.same_top, 100, ".1f", " %"),
        *(
            _row(f"the reference's is among the {n} likeliest", share, 100, ".1f", " %")
            for n, share in shift.containment.items()
            if n != "1"
        ),
        _row("choices right → wrong", shift.lost_choices, 100, ".1f", " %"),
        _row("choices wrong → right", shift.gained_choices, 100, ".1f", " %"),
    ]
    return [row for row in rows if row is not None]


def shift_lines(shift: Shift) -> list[str]:
    """The distributions behind the means."""
    lines = []
    if shift.delta_p_rms is not None:
        tail = _listed(shift.delta_p_percentiles, lambda delta: _signed(100 * delta, "+.1f"))
        rms = f"{100 * shift.delta_p_rms:.1f}"
        lines.append(f"Δp in points; root mean square: {rms}, {tail}")
    if shift.kl_percentiles:
        tail = _listed(shift.kl_percentiles, lambda nats: f"{nats:.3g}")
        lines.append(f"KL divergence in nats; {tail}")
    return lines


def parting_text(partings: Partings) -> str:
    """Where the greedy answers part from the reference's."""
    counts = {f"token {place}": count for place, count in enumerate(partings.at, start=1)}
    counts |= {"later": partings.later, "nowhere": partings.never}
    listed = ", ".join(
        f"{where}: {count} ({100 * count / partings.n:.0f} %)" for where, count in counts.items()
    )
    return f"where the {partings.n} greedy answers part from the reference's: {listed}"


def control_text(control: Control) -> str:
    """What stands beside a recovery; empty where there is nothing."""
    parts = []
    if control.chance is not None:
        parts.append(f"by chance {control.chance:.1f}")
    if control.never_tried:
        never = f"{control.never_recovered} of {control.never_tried}"
        parts.append(f"of the never items {never}")
    return "; ".join(parts)


def _row(
    name: str, estimate: Estimate | None, scale: float, form: str, unit: str
) -> ShiftRow | None:
    if estimate is None:
        return None
    error = ""
    if estimate.error is not None:
        error = f"± {format(scale * estimate.error, form.lstrip('+'))}"
    value = f"{_signed(scale * estimate.value, form)}{unit}"
    return ShiftRow(name, value, error, str(estimate.n))


def _signed(number: float, form: str) -> str:
    return format(number, form).replace("-", "−")


def _listed(values: Mapping[str, float], text: Callable[[float], str]) -> str:
    return ", ".join(f"{_ENDS.get(q, f'{q} %')}: {text(value)}" for q, value in values.items())
