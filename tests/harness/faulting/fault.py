"""A fault, what is tried under it, and what must come of that."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.files import SCRATCH_SUFFIX
from engine.records.errors import LONGEST, UserError
from tests.harness.part import Figure

RAW = re.compile(r"^\w*(Error|Exception|Exit|Interrupt|Warning)\b")
"""How a message begins that is an exception's own."""


class Unavailable(Exception):
    """This machine doesn't let one bring such a fault about; says why."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        kind: of fault.
        name: what is tried under it, in a few words.
        attempt: tries it once, in an empty directory, with a source of chance; it raises whatever
            is wrong.
        times: that the long form tries it.
        short: the tests try it, too. What they have a test of its own for, or what takes long, is
            left to the long form.
    """

    kind: str
    name: str
    attempt: Callable[[Path, random.Random], None]
    times: int = 1
    short: bool = True

    @property
    def what(self) -> str:
        """Kind and name."""
        return f"{self.kind}: {self.name}"


def faults() -> dict[str, Fault]:
    """Every fault by its kind and name."""
    package = importlib.import_module("tests.harness.faulting")
    found: dict[str, Fault] = {}
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        found |= {fault.what: fault for fault in getattr(loaded, "FAULTS", ())}
    return found


def tried(fault: Fault, times: int, seed: int) -> Figure:
    """Try something so often; findings are what it raises."""
    findings: list[str] = []
    longest, done = 0.0, 0
    for number in range(times):
        began = time.monotonic()
        # Other users may come here, where one of them is meant to be refused.
        directory = Path(tempfile.mkdtemp(prefix="fault-"))
        directory.chmod(0o755)
        try:
            fault.attempt(directory, random.Random(f"{seed} {fault.what} {number}"))
        except Unavailable as why:
            return Figure(what=f"{fault.what} (not tried: {why})", cases=0)
        except Exception as error:
            told = "".join(traceback.format_exception(error)[-6:]).strip()
            findings.append(f"trial {number} of seed {seed}\n{told}")
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        done += 1
        longest = max(longest, time.monotonic() - began)
    return Figure(what=fault.what, cases=done, findings=tuple(findings), seconds=longest)


def check_error(error: UserError) -> None:
    """Whether an error is one that a person can mend."""
    check_words(error.message)
    assert error.status in (1, 2), f"status {error.status}: {error.message}"


def check_words(message: str) -> None:
    """Whether the words of an error are clear."""
    assert message, "an error without a message"
    assert len(message) <= LONGEST, "a message of any length"
    assert "\n" not in message, f"a message of several lines: {message}"
    assert not RAW.match(message), f"an exception's own words: {message}"


def check_nothing_half(directory: Path) -> None:
    """Whether nothing half-written lies about."""
    left = sorted(path.name for path in directory.rglob(f"*{SCRATCH_SUFFIX}"))
    assert not left, f"half-written: {', '.join(left)}"
