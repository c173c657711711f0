"""What the benchmarks print, and write for a machine to read: medians with range, and goals."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec

HEADER = "| | median | range | goal |\n| --- | --- | --- | --- |"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated measurements of one thing.

    `goal` is what the median is to be at most, or at least where `least` says so.
    """

    median: float
    min: float
    max: float
    n: int = 1
    goal: float | None = None
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether the median meets the goal, if there is one."""
        if self.goal is None:
            return True
        return self.median >= self.goal if self.least else self.median <= self.goal


def parser(program: str) -> argparse.ArgumentParser:
    """A command line with the options that every benchmark has."""
    made = argparse.ArgumentParser(prog=f"python -m tests.{program}")
    made.add_argument("--json", type=Path, help="file to write the figures to")
    made.add_argument(
        "--short", action="store_true", help="whether it works, in seconds; no figures to go by"
    )
    return made


class Table:
    """A Markdown table that is printed row by row as figures come in."""

    def __init__(self) -> None:
        self._figures: dict[str, Figure] = {}
        print(HEADER, flush=True)

    def add(
        self,
        name: str,
        values: Sequence[float],
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Print the figure of one or more measurements."""
        one = Figure(
            median=median(values),
            min=min(values),
            max=max(values),
            n=len(values),
            goal=at_most if at_least is None else at_least,
            least=at_least is not None,
        )
        self._figures[name] = one
        print(row(name, one), flush=True)

    def write(self, file: Path | None) -> None:
        """Write the figures by name as JSON, where a file is asked for."""
        if file is not None:
            file.write_bytes(msgspec.json.format(msgspec.json.encode(self._figures)) + b"\n")


def row(name: str, one: Figure) -> str:
    """A row of the Markdown table."""
    bound = "" if one.goal is None else f"{'≥' if one.least else '≤'} {one.goal:.4g}"
    goal = bound if one.met else f"{bound}, **not met**"
    return f"| {name} | {one.median:.4g} | {one.min:.4g} to {one.max:.4g}, n = {one.n} | {goal} |"
