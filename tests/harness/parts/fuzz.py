"""Fuzz: every way in from outside, with thousands of cases each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator

import msgspec
import psutil

from tests.harness.fuzzing import MOST_MEMORY
from tests.harness.part import Figure, Part
from tests.harness.surface import surfaces

CASES = 10_000
SURFACE_SECONDS = 3_600.0
"""A surface that isn't done by then hangs."""
LOOKS = 0.2
"""Seconds between two looks at the memory."""


def run(share: float, seed: int) -> Iterator[Figure]:
    """Each surface in a process of its own, which may end, hang, or take all memory."""
    for name in surfaces():
        yield _tried(name, round(CASES * share), seed)


def _tried(name: str, cases: int, seed: int) -> Figure:
    command = [sys.executable, "-m", "tests.harness.fuzzing", name, str(cases), str(seed)]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = psutil.Popen(command, stdout=output, stderr=errors)
        why = _watched(process)
        output.seek(0)
        errors.seek(0)
        written, told = output.read(), errors.read().decode(errors="replace")
    if process.returncode == 0 and not why:
        return msgspec.json.decode(written, type=Figure)
    why = why or f"the process ended with status {process.returncode}"
    return Figure(what=name, cases=0, findings=(f"{why}\n{told[-4000:]}",))


def _watched(process: psutil.Popen) -> str:
    """Wait for a process; why it was ended, where it was."""
    waited = 0.0
    while waited < SURFACE_SECONDS:
        try:
            process.wait(LOOKS)
            return ""
        except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
            waited += LOOKS
        try:
            taken = process.memory_info().rss
        except psutil.Error:
            continue
        if taken > MOST_MEMORY:
            process.kill()
            process.wait()
            return f"it took {taken / 1e6:.0f} MB"
    process.kill()
    process.wait()
    return f"it was not done after {SURFACE_SECONDS:.0f} s"


PART = Part(
    name="fuzz",
    help=f"{CASES:,} cases on every way in: each gives a result or one clear error",
    run=run,
)
