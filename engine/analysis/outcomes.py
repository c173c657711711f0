"""Verdicts and outcomes: what became of an open answer, and the marks that people see."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Outcome = Literal["kept", "recognition-only", "lost", "gained", "never"]

REPORT_ORDER: tuple[Outcome, ...] = get_args(Outcome)
"""The order of the counts in reports and in JSON: what was right before comes first."""


class Definition(NamedTuple):
    """One outcome.

    Attributes:
        name: as it is written in exports and filters; also the paint it has on screen.
        mark: one cell, told apart without colour.
        meaning: of the open answer and the variant's choice, as a sentence.
    """

    name: Outcome
    mark: str
    meaning: str


OUTCOMES = (
    Definition(
        "recognition-only",
        "◆",
        "Open answer right → wrong, but the choice is still right: the illusion.",
    ),
    Definition("lost", "✕", "Open answer right → wrong, and the choice is wrong, too."),
    Definition("kept", "●", "Right → right."),
    Definition("gained", "▲", "Wrong → right."),
    Definition("never", "○", "Wrong → wrong."),
)
"""Every outcome, in the order of the keys 1 to 5: the most telling first."""

OUTCOME_MARKS: dict[str, str] = {outcome.name: outcome.mark for outcome in OUTCOMES}

RIGHT, WRONG, ABSENT = "✓", "✗", "–"

OVERRULED_MARK = "!"
"""After the verdict where a person corrected it."""


def verdict_mark(correct: bool | None) -> str:
    """A verdict in one cell; `ABSENT` where there is none."""
    return ABSENT if correct is None else RIGHT if correct else WRONG
