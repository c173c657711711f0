"""What the benchmarks print, and write for a machine to read: medians with range, and goals."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated measurements of one thing; `goal` is what the median is to stay below."""

    median: float
    min: float
    max: float
    goal: float | None = None


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
        print("| | median | range | goal |")
        print("| --- | --- | --- | --- |", flush=True)

    def add(self, name: str, values: Sequence[float], goal: float | None = None) -> None:
        """Print the figure of one or more measurements."""
        one = Figure(median=median(values), min=min(values), max=max(values), goal=goal)
        self._figures[name] = one
        below = "" if goal is None else f"≤ {goal:.4g}"
        print(
            f"| {name} | {one.median:.4g} | {one.min:.4g} to {one.max:.4g} | {below} |", flush=True
        )

    def write(self, file: Path | None) -> None:
        """Write the figures by name as JSON, where a file is asked for."""
        if file is not None:
            file.write_bytes(msgspec.json.format(msgspec.json.encode(self._figures)) + b"\n")
