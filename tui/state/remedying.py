"""A search for remedies that is on its way."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.records.protocol import Event, Remedy, RemedyFound, RemedyTried
from engine.records.remedies import RemedyReport, Trial
from tui.state.questions import Asked


@dataclass
class LiveRemedy(Asked):
    """A search, with what was tried so far and what it came to.

    Attributes:
        trials: in the order in which they were made.
        report: None until the search is over.
    """

    trials: list[Trial] = field(default_factory=list)
    report: RemedyReport | None = None

    @classmethod
    def of(cls, variant: str) -> LiveRemedy:
        """Ask for what mends a variant."""
        return cls(Remedy(variant=variant))

    @property
    def about(self) -> object:
        return "remedies"

    def take(self, event: Event) -> None:
        match event:
            case RemedyTried(trial=trial):
                self.trials.append(trial)
            case RemedyFound(report=report):
                self.report = report
