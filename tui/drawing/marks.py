"""How outcomes, verdicts, ranks and probabilities are written: shape first, colour second."""

from __future__ import annotations

from tui.drawing.lines import Piece

LEVELS = "▁▂▃▄▅▆▇█"


def verdict_paint(correct: bool | None) -> str:
    """The paint that goes with `verdict_mark`."""
    return "dim" if correct is None else "right" if correct else "wrong"


def rank_paint(rank: int, *, marked: bool = True) -> str:
    """The paint of a gold rank; one that tells little is not `marked`."""
    return "wrong" if marked and rank > 1 else ""


def percent_text(probability: float) -> str:
    """A probability as a percentage with the digits that matter: 81 %, 7.2 %, 0.04 %, <0.01 %."""
    value = 100 * probability
    if value >= 99.5:
        return f"{min(value, 99.9):.1f} %" if probability < 1 else "100 %"
    if value >= 10:
        return f"{value:.0f} %"
    if value >= 1:
        return f"{value:.1f} %"
    return f"{value:.2f} %" if value >= 0.01 else "<0.01 %"


def decimal(value: float, digits: int = 2) -> str:
    """A number with so many decimals and, below zero, a true minus."""
    return f"{value:.{digits}f}".replace("-", "−")


def bar(fraction: float, width: int) -> str:
    """A bar of exactly `width` cells, in halves of a cell; what is not zero is visible."""
    halves = round(max(0.0, min(1.0, fraction)) * width * 2)
    if fraction > 0:
        halves = max(halves, 1)
    full, half = divmod(halves, 2)
    text = "━" * full + "╸" * half
    return text + " " * (width - len(text))


def two_ended(before: float | None, after: float | None, width: int) -> list[Piece]:
    """Two shares on a line of `width` cells from 0 to 1, ○ before and ● after; ◉ is both."""
    cells = [" "] * width
    places = [None if one is None else round(one * (width - 1)) for one in (before, after)]
    first, second = places
    if first is not None and second is not None:
        low, high = sorted((first, second))
        cells[low:high] = "─" * (high - low)
    paints = dict.fromkeys(range(width), "dim")
    for place, mark, paint in ((first, "○", "right"), (second, "●", "wrong")):
        if place is not None:
            cells[place] = "◉" if first == second else mark
            paints[place] = "" if first == second else paint
    return [(cell, paints[place]) for place, cell in enumerate(cells)]


def track(fraction: float, width: int) -> list[Piece]:
    """A progress bar of exactly `width` cells: what is done, and what is left."""
    done = bar(fraction, width).rstrip()
    return [(done, "bar"), ("─" * (width - len(done)), "dim")]


def spark(values: list[float]) -> str:
    """One character a value from 0 to 1, in eighths of its height."""
    return "".join(LEVELS[min(int(value * 8), 7)] for value in values)


def duration_text(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes: 0:41, 12:05, 3 h 20."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02}"
    return f"{whole // 60}:{whole % 60:02}"
