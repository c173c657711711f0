"""Re-decodes under way, as the engine's events tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.records.decodings.decoding import Decoding
from engine.records.hypotheses import Hypothesis, Redecode
from engine.records.protocol import Decode, DecodeFinished, DecodeStep, Event, HypothesisFound
from tui.state.questions import Asked


@dataclass
class VariantDecode:
    """What is known of one variant's part of a re-decode."""

    variant: str
    step: int = 0
    steps: int = 0
    texts: tuple[str, ...] = ()
    found: list[Hypothesis] = field(default_factory=list)
    finished: bool = False


@dataclass
class LiveDecode(Asked):
    """A re-decode that was asked for and is not over, or ended without a result."""

    request: Decode
    parts: dict[str, VariantDecode] = field(default_factory=dict)

    @classmethod
    def of(cls, item_id: str, variants: tuple[str, ...], decoding: Decoding) -> LiveDecode:
        """A re-decode of an item under variants, to be asked for."""
        request = Decode(item_id=item_id, variants=variants, decoding=decoding)
        return cls(request, parts={name: VariantDecode(name) for name in variants})

    @property
    def about(self) -> object:
        """The item that is decoded."""
        return LiveDecode, self.item_id

    @property
    def item_id(self) -> str:
        """The item that is decoded."""
        return self.request.item_id

    @property
    def decoding(self) -> Decoding:
        """How it is decoded."""
        return self.request.decoding

    @property
    def pending(self) -> list[VariantDecode]:
        """The parts without a result, in the order of the request."""
        return [part for part in self.parts.values() if not part.finished]

    def take(self, event: Event) -> None:
        """Take in how far the decoding has come."""
        match event:
            case DecodeStep(variant=variant) if part := self.parts.get(variant):
                part.step, part.steps, part.texts = event.step, event.steps, event.texts
            case HypothesisFound(variant=variant) if part := self.parts.get(variant):
                part.found.append(event.hypothesis)
            case DecodeFinished(redecode=redecode) if part := self.parts.get(redecode.variant):
                part.finished = True


def remembered(results: list[Redecode], result: Redecode) -> list[Redecode]:
    """The results with a new one first; an earlier one of the same decoding is replaced."""
    same = (result.variant, result.decoding)
    return [result, *(old for old in results if (old.variant, old.decoding) != same)]
