"""The outcomes of a pair: what became of an open answer from the reference to a variant."""

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
