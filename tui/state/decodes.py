"""Re-decodes under way, as the engine's events tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.protocol import Decode, DecodeStep


@dataclass
class VariantDecode:
    """What is known of one variant's part of a re-decode."""

    variant: str
    step: int = 0
    steps: int = 0
    texts: tuple[str, ...] = ()
    found: list[Hypothesis] = field(default_factory=list)
    finished: bool = False

    def advance(self, event: DecodeStep) -> None:
        """Take in how far the decoding has come."""
        self.step, self.steps, self.texts = event.step, event.steps, event.texts


@dataclass
class LiveDecode:
    """A re-decode that was asked for and is not over, or ended without a result."""

    request: Decode
    parts: dict[str, VariantDecode] = field(default_factory=dict)
    cancelled: bool = False
    over: bool = False
    failure: str = ""

    @classmethod
    def of(cls, request: Decode) -> LiveDecode:
        """A re-decode that has just been asked for."""
        return cls(request, {name: VariantDecode(name) for name in request.variants})

    @property
    def item_id(self) -> str:
        """The item that is decoded."""
        return self.request.item_id

    @property
    def decoding(self) -> Decoding:
        """What was asked for."""
        return self.request.decoding

    @property
    def running(self) -> bool:
        """Whether events may still come."""
        return not self.over

    @property
    def pending(self) -> list[VariantDecode]:
        """The parts without a result, in the order of the request."""
        return [part for part in self.parts.values() if not part.finished]


def remembered(results: list[Redecode], result: Redecode) -> list[Redecode]:
    """The results with a new one first; an earlier one of the same decoding is replaced."""
    same = (result.variant, result.decoding)
    return [result, *(old for old in results if (old.variant, old.decoding) != same)]
