"""Who could know it, in words: where no illusion can be measured, and where nothing can come back.

Shared by reports and screens, and light to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.analysis.statistics import ComparisonStatistics


def unanswered_text(reference: str, statistics: ComparisonStatistics) -> str:
    """Where the reference answers nothing; empty where it answers something everywhere."""
    whole, *languages = statistics.groups
    if whole.unanswered:
        return f"{reference} answers none of these items: no illusion to measure"
    names = ", ".join(group.name for group in languages if group.unanswered)
    others = ", ".join(
        f"{part.by} {part.value} (n {part.n})"
        for part in statistics.slices
        if part.by != "language" and not part.known
    )
    where = ", nor of ".join(filter(None, (f"in {names}" if names else "", others)))
    if others and not names:
        where = f"of {where}"
    return f"{reference} answers nothing {where}: no illusion to measure there" if where else ""


def candidates_text(statistics: ComparisonStatistics) -> str:
    """Where there is nothing to bring back; empty where there is something everywhere."""
    overall, *rest = statistics.candidates.items()
    items = statistics.recovery_items
    if not overall[1]:
        return f"no {items}: there is nothing to bring back"
    if names := ", ".join(name for name, count in rest if not count):
        return f"no {items} in {names}: nothing to bring back there"
    return ""
