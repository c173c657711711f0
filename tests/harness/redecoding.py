"""Hundreds of re-decodes of an engine, whose memory stays.

    python -m tests.harness.redecoding COUNT SEED

writes the figure to standard output as JSON.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import psutil

from engine.records.decodings.registry import kinds
from engine.records.protocol import Decode, DecodeFinished, Event, RunFinished, Shutdown, StartRun
from engine.records.settings import DENSE
from tests.cli_helpers import ONE_THREAD
from tests.engine_process import Engine, tiny_settings
from tests.harness.part import Figure
from tests.harness.roomy import roomy_checkpoint

MOST_GROWTH = 0.05
"""Of the engine's memory, from the end of the first fifth, when it is warm, to the last tenth."""
ANSWER_TOKENS = 16


def redecoded(times: int, seed: int) -> Figure:
    """Ask for so many re-decodes, of every kind in turn, of items and variants by chance."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="redecoding-") as directory:
        home = Path(directory)
        checkpoint = roomy_checkpoint(home / "tiny")
        settings = tiny_settings(checkpoint, limit=24, answer_tokens=ANSWER_TOKENS)
        engine = Engine(home, OMP_NUM_THREADS=ONE_THREAD)
        try:
            engine.send(StartRun(settings=settings, directory=str(home / "run")))
            engine.until(RunFinished)
            ids = [event.scored.item.id for event in engine.seen if hasattr(event, "scored")]
            memory, seconds, findings = _ask(engine, rng, ids, times, settings.recipes)
            engine.send(Shutdown())
            engine.process.wait(30)
        finally:
            engine.process.kill()
            engine.process.wait()
    warm, late = memory[times // 5], statistics.median(memory[-max(times // 10, 1) :])
    growth = late / warm - 1
    if abs(growth) > MOST_GROWTH:
        findings.append(f"its memory went from {warm / 1e6:.0f} to {late / 1e6:.0f} MB")
    return Figure(
        what="session: re-decodes of one engine",
        cases=times,
        findings=tuple(findings),
        seconds=max(seconds),
        memory=max(memory),
        seen=tuple(sorted(kinds())),
        numbers={
            "MB when warm": warm / 1e6,
            "MB at the end": late / 1e6,
            "growth, %": 100 * growth,
        },
    )


def _ask(
    engine: Engine, rng: random.Random, ids: list[str], times: int, recipes: tuple[str, ...]
) -> tuple[list[int], list[float], list[str]]:
    """The engine's memory after each, in bytes, how long each took, and what failed."""
    process = psutil.Process(engine.process.pid)
    memory, seconds, failed = [], [], []
    every = list(kinds().values())
    for number in range(times):
        variant = rng.choice((DENSE, *recipes))
        request = Decode(
            item_id=rng.choice(ids), variants=(variant,), decoding=every[number % len(every)]
        )
        began = time.monotonic()
        engine.send(request)
        engine.ended(request.id)
        seconds.append(time.monotonic() - began)
        memory.append(process.memory_info().rss)
        told: list[Event] = [event for event in engine.seen if event.id == request.id]
        if not any(isinstance(event, DecodeFinished) for event in told):
            failed.append(f"no answer to {request}: {told}")
        engine.seen.clear()
    return memory, seconds, failed


def main() -> None:
    """Ask as is asked for."""
    times, seed = map(int, sys.argv[1:])
    sys.stdout.buffer.write(msgspec.json.encode(redecoded(times, seed)))


if __name__ == "__main__":
    main()
