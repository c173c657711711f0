"""Instruments at work, as the engine's events tell of them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.records.instruments.instrument import Finding, Instrument, finding_key
from engine.records.protocol import Event, Probe, ProbeFinished, ProbeStep
from tui.state.questions import Asked


@dataclass
class LiveProbe(Asked):
    """An instrument that was asked for and is not done, or ended without a finding.

    Attributes:
        detail: what it is at.
        share: of it that is done, from 0 to 1.
        partial: what it has found so far of the item that it is at.
        done: the items that it is done with.
    """

    request: Probe
    detail: str = ""
    share: float = 0.0
    partial: Finding | None = None
    done: int = 0

    @classmethod
    def of(cls, item_ids: tuple[str, ...], variant: str, instrument: Instrument) -> LiveProbe:
        """An instrument on items under a variant, to be asked for."""
        return cls(Probe(item_ids=item_ids, variant=variant, instrument=instrument))

    @property
    def about(self) -> object:
        """The instrument, and the items that it is applied to."""
        return LiveProbe, self.request.item_ids, self.instrument.name

    @property
    def many(self) -> bool:
        """Whether it is on several items."""
        return len(self.request.item_ids) > 1

    @property
    def instrument(self) -> Instrument:
        """What is applied."""
        return self.request.instrument

    def take(self, event: Event) -> None:
        """Take in how far it has come."""
        match event:
            case ProbeStep(detail=detail, share=share, finding=finding):
                self.detail, self.share = detail, share
                self.partial = finding or self.partial
            case ProbeFinished():
                self.partial = None
                self.done += 1


def with_finding(findings: list[Finding], finding: Finding) -> list[Finding]:
    """The findings with a new one first; an earlier one of the same kind of look is replaced."""
    key = finding_key(finding)
    return [finding, *(old for old in findings if finding_key(old) != key)]
