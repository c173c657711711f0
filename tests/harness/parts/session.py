"""Session: an app and an engine that are used for hours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import msgspec

from tests.harness.part import Figure, Part

STEPS, REDECODES, HOURS = 20_000, 500, 6.0
LEAST = 30
"""Steps and re-decodes of the shortest form."""
SECONDS = 7_200.0
"""What isn't done by then hangs."""


def run(share: float, seed: int) -> Iterator[Figure]:
    """Each kind of use in a process of its own, whose memory is its own."""
    yield from _process("wandering", max(round(STEPS * share), LEAST), seed)
    yield from _process("redecoding", max(round(REDECODES * share), LEAST), seed)
    yield from _process("hours", HOURS * share, seed)


def _process(module: str, amount: float, seed: int) -> list[Figure]:
    command = [sys.executable, "-m", f"tests.harness.{module}", str(amount), str(seed)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [_failed(module, f"it was not done after {SECONDS:.0f} s")]
    if done.returncode:
        told = done.stderr.decode(errors="replace")[-4000:]
        return [_failed(module, f"the process ended with status {done.returncode}\n{told}")]
    found = msgspec.json.decode(done.stdout, type=list[Figure] | Figure)
    return found if isinstance(found, list) else [found]


def _failed(module: str, why: str) -> Figure:
    return Figure(what=f"session: {module}", cases=0, findings=(why,))


PART = Part(
    name="session",
    help=f"{STEPS:,} keys, clicks, resizes and pastes while an engine scores, {REDECODES} "
    f"re-decodes, the events of {HOURS:g} hours",
    run=run,
)
