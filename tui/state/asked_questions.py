"""All questions to the engine of a session: on their way, answered, or ended without an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from engine.records.decodings.decoding import Decoding
from engine.records.protocol import Event
from tui.state.decodes import LiveDecode
from tui.state.probes import LiveProbe
from tui.state.questions import Asked

_Kind = TypeVar("_Kind", bound=Asked)


@dataclass
class Questions:
    """What was asked in this session.

    Attributes:
        by_id: every question by the id of its request, the latest last.
    """

    by_id: dict[str, Asked] = field(default_factory=dict)

    def add(self, asked: Asked) -> None:
        """Note a question that is being asked; older ones about the same that are over give way."""
        self.by_id = {
            key: other
            for key, other in self.by_id.items()
            if other.running or other.about != asked.about
        }
        self.by_id[asked.request.id] = asked

    def fold(self, event: Event) -> Asked | None:
        """Take in an event, and return the question that it answers."""
        asked = self.by_id.get(event.id or "")
        if asked is not None:
            asked.fold(event)
        return asked

    def engine_ended(self) -> None:
        """Note that no more events will come."""
        for asked in self.by_id.values():
            if asked.running:
                asked.over = True
                asked.failure = "the engine ended before it was done"

    @property
    def running(self) -> list[str]:
        """The ids of the questions to which events may still come."""
        return [key for key, asked in self.by_id.items() if asked.running]

    def of_kind(self, kind: type[_Kind]) -> list[_Kind]:
        """The questions of a kind, the latest first."""
        return [asked for asked in reversed(self.by_id.values()) if isinstance(asked, kind)]

    def decodes(self, item_id: str) -> list[LiveDecode]:
        """Re-decodes of an item without a result, the latest first."""
        return [
            live for live in self.of_kind(LiveDecode) if live.item_id == item_id and live.pending
        ]

    def under_way(self, item_id: str, variants: tuple[str, ...], decoding: Decoding) -> bool:
        """Whether just this re-decode is running or waiting."""
        asked = (item_id, variants, decoding)
        return any(
            live.running and (live.item_id, live.request.variants, live.decoding) == asked
            for live in self.of_kind(LiveDecode)
        )

    def probes(self, kind: str, item_id: str | None = None) -> list[LiveProbe]:
        """Instruments of a kind that run or ended without a finding, the latest first.

        Those on one item alone, or on several.
        """
        return [
            asked
            for asked in self.of_kind(LiveProbe)
            if asked.instrument.name == kind
            and (asked.request.item_ids == (item_id,) if item_id else asked.many)
            and (asked.running or asked.failure)
        ]
