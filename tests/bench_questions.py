"""How long a question waits: for the first event of a re-decode, idle and while items are scored.

Run as `python -m tests.bench_questions`; on the embedded model, one engine process.
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
    Decode,
    DecodeStep,
    Ended,
    Event,
    ItemScored,
    RunFinished,
    StartRun,
)
from engine.records.settings import Settings
from tests.engine_process import Engine

QUESTIONS = 9


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
    """Print medians with their ranges."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        engine = Engine(home, XDG_CACHE_HOME=str(Path.home() / ".cache"))
        listener = Listener(engine)
        directory = str(home / "run")
        engine.send(StartRun(id="run", settings=Settings(languages=("en",)), directory=directory))
        listener.when(ItemScored, "run")
        generator = random.Random(0)
        scoring = []
        for _ in range(QUESTIONS):
            time.sleep(generator.uniform(0.5, 2.5))
            scoring.append(listener.first_event_seconds())
        if engine.of(RunFinished):
            raise RuntimeError("the run was over before the last question")
        listener.when(Ended, "run")
        idle = [listener.first_event_seconds() for _ in range(QUESTIONS)]
        engine.process.kill()
        engine.process.wait()
    print("first event of beam 8 on one item, seconds: median (least to most)")
    for situation, seconds in (("while scoring", scoring), ("idle", idle)):
        print(
            f"{situation:<14} {statistics.median(seconds):.2f} "
            f"({min(seconds):.2f} to {max(seconds):.2f}), n = {len(seconds)}"
        )


if __name__ == "__main__":
    main()
