"""How long a question waits: for the first event of a re-decode, idle and while items are scored.

    python -m tests.bench_questions [--json FILE] [--short]

On the embedded model, in one engine process.
"""

from __future__ import annotations

import queue
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path

from engine.records.decodings.beam import Beam
from engine.records.protocol import (
    Cancel,
    Decode,
    DecodeStep,
    Ended,
    Event,
    ItemScored,
    RunFinished,
    StartRun,
)
from engine.records.settings import Settings
from tests.bench_figures import Table, parser
from tests.engine_process import Engine

QUESTIONS = 9
LATER_SECONDS = 0.3


class Listener:
    """Reads an engine's events as they come, so that the engine never waits for a reader."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._heard: queue.SimpleQueue[tuple[float, Event]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for event in self._engine.events():
            self._heard.put((time.monotonic(), event))

    def when(self, kind: type[Event], request: str) -> float:
        """The moment at which the next event of a kind came in answer to a request."""
        while True:
            moment, event = self._heard.get(timeout=300)
            if isinstance(event, kind) and event.id == request:
                return moment

    def first_event_seconds(self) -> float:
        """From sending a question to its first event; returns when it is answered."""
        question = Decode(item_id="capital-cn-en", variants=("wanda:0.45",), decoding=Beam())
        sent = time.monotonic()
        self._engine.send(question)
        seconds = self.when(DecodeStep, question.id) - sent
        self.when(Ended, question.id)
        return seconds


def main() -> None:
    """Print a Markdown table."""
    chosen = parser("bench_questions").parse_args()
    questions = 1 if chosen.short else QUESTIONS
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        engine = Engine(home, XDG_CACHE_HOME=str(Path.home() / ".cache"))
        listener = Listener(engine)
        directory = str(home / "run")
        engine.send(StartRun(id="run", settings=Settings(languages=("en",)), directory=directory))
        listener.when(ItemScored, "run")
        generator = random.Random(0)
        scoring = []
        for _ in range(questions):
            time.sleep(generator.uniform(0.2, 1.0))
            scoring.append(listener.first_event_seconds())
        if engine.of(RunFinished):
            raise RuntimeError("the run was over before the last question")
        engine.send(Cancel(request="run"))
        listener.when(Ended, "run")
        idle = [listener.first_event_seconds() for _ in range(questions)]
        engine.process.kill()
        engine.process.wait()
    table = Table()
    table.add("first event of beam 8 on one item, idle, s", idle)
    table.add("first event of beam 8 on one item, while items are scored, s", scoring)
    late = [one - statistics.median(idle) for one in scoring]
    table.add("later than idle, s", late, at_most=LATER_SECONDS)
    table.write(chosen.json)


if __name__ == "__main__":
    main()
