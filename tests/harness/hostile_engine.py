"""An engine process whose events have hostile text in every place.

    python -m tests.harness.hostile_engine SEED [BEHAVIOUR]

It answers as `tests.scripted_engine` does, and questions besides; it writes what is no event, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import msgspec

from engine.records.protocol import (
    PROTOCOL,
    Ask,
    EngineReady,
    Event,
    Failed,
    ItemAsked,
    Notice,
    Probe,
    ProbeFinished,
    ProbeStep,
    Remedy,
    RemedyFound,
    Request,
    encode,
)
from engine.records.settings import DENSE, RECOGNITION_ONLY
from tests import scripted_engine
from tests.harness.infection import Infection
from tests.harness.kinds import KINDS
from tests.inspector_fixtures import finding
from tests.runs_helpers import PRUNED, one_of_each


class HostileEngine:
    """What the engine says, infected; ids and names stay, so that it is understood."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._scored = one_of_each()
        self._kept = {DENSE, PRUNED, RECOGNITION_ONLY, *(one.item.id for one in self._scored)}

    def emit(self, event: Event) -> None:
        """Send an event with hostile texts."""
        infection = Infection(self._seed, kept=self._kept | {event.id or ""})
        sys.stdout.buffer.write(encode(infection.record(event)))
        sys.stdout.buffer.flush()

    def requests(self) -> Iterator[Request]:
        """The requests, after what is no event; questions are answered here."""
        for number, text in enumerate(KINDS.values()):
            line = text.encode("utf-8", "surrogatepass").replace(b"\n", b" ")
            stream = (sys.stdout, sys.stderr)[number % 2].buffer
            stream.write(line + b"\n")
            stream.flush()
        self.emit(Notice(text="a note"))
        for request in _requests():
            self._answer(request)
            yield request

    def _answer(self, request: Request) -> None:
        match request:
            case Ask():
                self.emit(ItemAsked(id=request.id, scored=self._scored[0]))
            case Probe(item_ids=ids, variant=variant, instrument=instrument):
                self._kept |= {*ids, variant}
                for item_id in ids:
                    scored = self._scored[0]
                    item = msgspec.structs.replace(scored.item, id=item_id)
                    one = msgspec.structs.replace(scored, item=item)
                    found = finding(one, variant, instrument)
                    self.emit(ProbeStep(id=request.id, detail="at work", share=0.5))
                    self.emit(ProbeFinished(id=request.id, finding=found))
            case Remedy():
                # It brings much that every other answer would wait for.
                from tests.test_remedies_screen import report

                self.emit(RemedyFound(id=request.id, report=report()))


_requests = scripted_engine.requests


def main(seed: int, behaviour: str = "plain") -> None:
    """Be the engine."""
    engine = HostileEngine(seed)
    if behaviour == "refuses":
        engine.emit(EngineReady(protocol=PROTOCOL, version="0"))
        for request in engine.requests():
            engine.emit(Failed(id=request.id, message="it can't be done", hint="Do\nthis."))
        return
    scripted_engine.emit = engine.emit
    scripted_engine.requests = engine.requests
    scripted_engine.main(behaviour)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
