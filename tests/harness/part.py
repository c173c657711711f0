"""A part of the harness, and the figures that it comes to."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

HEADER = "| what | cases | found | longest, s | most memory, MB |\n| --- | --- | --- | --- | --- |"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one kind of trial.

    Attributes:
        what: was tried, in a few words.
        cases: how many trials there were.
        findings: what went wrong, one text for each thing.
        seconds: the longest trial; None where it was not measured.
        memory: the most that a process took, in bytes; None where it was not measured.
        counts: how many of the trials were of which kind.
        seen: what was reached: screens, commands, formats.
        numbers: what else was measured, by name.
    """

    what: str
    cases: int
    findings: tuple[str, ...] = ()
    seconds: float | None = None
    memory: int | None = None
    counts: dict[str, int] = {}
    seen: tuple[str, ...] = ()
    numbers: dict[str, float] = {}


@dataclass(frozen=True)
class Part:
    """One kind of hostility.

    Attributes:
        name: as it is asked for on the command line.
        help: what it does, in a sentence.
        run: does it and yields figures as they come in. Of the arguments the first is the share of
            the trials that are made, 1 for the long form; the second is a seed.
    """

    name: str
    help: str
    run: Callable[[float, int], Iterator[Figure]]


def parts() -> dict[str, Part]:
    """Every part by its name."""
    package = importlib.import_module("tests.harness.parts")
    modules = (
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    )
    return {module.PART.name: module.PART for module in modules}


def row(figure: Figure) -> str:
    """A row of the Markdown table."""
    seconds = "" if figure.seconds is None else f"{figure.seconds:.2f}"
    memory = "" if figure.memory is None else f"{figure.memory / 1e6:.0f}"
    found = len(figure.findings) or "nothing"
    return f"| {figure.what} | {figure.cases:,} | {found} | {seconds} | {memory} |"
