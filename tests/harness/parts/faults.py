"""Faults: what goes wrong outside, at every place where it can."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import msgspec

from tests.harness.part import Figure, Part

KINDS = (
    "disk full",
    "small disk",
    "disk full meanwhile",
    "read-only",
    "memory out",
    "clock",
    "at once",
    "hub",
)
MOUNTING = ("small disk",)
"""Kinds that mount a file system."""
KIND_SECONDS = 3_600.0
"""A kind that isn't done by then hangs."""


def run(share: float, seed: int) -> Iterator[Figure]:
    """Each kind in a process of its own, which may end or hang."""
    for kind in KINDS:
        yield from _tried(kind, share, seed)


def _tried(kind: str, share: float, seed: int) -> Iterator[Figure]:
    command = [sys.executable, "-m", "tests.harness.faulting", kind, str(share), str(seed)]
    if kind in MOUNTING and _unshares():
        command = ["unshare", "-rm", *command]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        why = ""
        try:
            output, _ = process.communicate(timeout=KIND_SECONDS)
            if process.returncode:
                why = f"the process ended with status {process.returncode}"
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            why = f"it was not done after {KIND_SECONDS:.0f} s"
        errors.seek(0)
        told = errors.read().decode(errors="replace")
    for line in output.splitlines():
        yield msgspec.json.decode(line, type=Figure)
    if why:
        yield Figure(what=kind, cases=0, findings=(f"{why}\n{told[-4000:]}",))


@functools.cache
def _unshares() -> bool:
    """Whether who isn't root may mount in a name space of their own."""
    if os.name != "posix" or os.geteuid() == 0 or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return tried.returncode == 0


PART = Part(
    name="faults",
    help="full disks, read-only directories, memory that is out, clocks that jump, other processes "
    "and a Hub that fails: each gives a result or one clear error, and nothing is lost",
    run=run,
)
