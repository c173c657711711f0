"""Where text leaves: screens, terminals, commands, files."""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.harness.part import Figure

MOST_TOLD = 5
"""Findings of one outlet that are told; more are of the same kind, as a rule."""


@dataclass(frozen=True)
class Outlet:
    """One way out.

    Attributes:
        name: in a few words.
        cases: of the long form.
        attempt: lets one hostile run out, whose texts the seed chooses, with a directory to work
            in; it returns what it saw, or raises `AssertionError`.
    """

    name: str
    cases: int
    attempt: Callable[[int, Path], frozenset[str]]


def outlets() -> dict[str, Outlet]:
    """Every outlet by its name: those of the modules of `tests.harness.outlets`."""
    package = importlib.import_module("tests.harness.outlets")
    found: dict[str, Outlet] = {}
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        found |= {outlet.name: outlet for outlet in loaded.OUTLETS}
    return found


def tried(outlet: Outlet, cases: int, seed: int) -> Figure:
    """Let so many hostile runs out; what goes wrong is told with the seed of its run."""
    findings: list[str] = []
    seen: set[str] = set()
    longest = 0.0
    for case in range(cases):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="outlet-") as directory:
            try:
                seen |= outlet.attempt(seed + case, Path(directory))
            except Exception as error:
                told = "".join(traceback.format_exception(error)[-4:])
                findings.append(f"seed {seed + case}: {told[-3000:]}")
        longest = max(longest, time.monotonic() - began)
    return Figure(
        what=f"text: {outlet.name}",
        cases=cases,
        findings=tuple(findings[:MOST_TOLD]),
        seconds=longest,
        seen=tuple(sorted(seen)),
    )
