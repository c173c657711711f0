"""Questions to the engine that are on their way."""

from __future__ import annotations

from dataclasses import dataclass

from engine.records.errors import in_one_line
from engine.records.protocol import Ended, Event, Failed, Request


@dataclass
class Asked:
    """A question that has been asked, and how it stands.

    A kind of question that has answers to keep is a subclass with fields of its own, filled by
    `take`.

    Attributes:
        over: no more events will come.
        failure: why there is no answer, in a sentence or two; empty where there is or may be one.
    """

    request: Request
    over: bool = False
    cancelled: bool = False
    failure: str = ""

    @property
    def running(self) -> bool:
        """Whether events may still come."""
        return not self.over

    @property
    def about(self) -> object:
        """What it is about: a new question about the same replaces one that is over."""
        return self.request.id

    def fold(self, event: Event) -> None:
        """Take in an event that answers this question."""
        match event:
            case Ended(cancelled=cancelled):
                self.over, self.cancelled = True, cancelled
            case Failed(message=message, hint=hint):
                self.failure = in_one_line(message, hint)
            case _:
                self.take(event)

    def take(self, event: Event) -> None:
        """Take in an event of this kind of question's own."""
