"""What the benchmarks print, and write for a machine to read: medians with range, and goals."""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated measurements of one thing; `goal` is what the median is to stay below."""

    median: float
    min: float
    max: float
    goal: float | None = None


def figure(values: list[float], goal: float | None = None) -> Figure:
    """The figure of one or more measurements."""
    return Figure(median=median(values), min=min(values), max=max(values), goal=goal)


def parser(program: str) -> argparse.ArgumentParser:
    """A command line with the options that every benchmark has."""
    made = argparse.ArgumentParser(prog=f"python -m tests.{program}")
    made.add_argument("--json", type=Path, help="file to write the figures to")
    made.add_argument(
        "--short", action="store_true", help="whether it works, in seconds; no figures to go by"
    )
    return made


def show(figures: dict[str, Figure], file: Path | None) -> None:
    """Print a Markdown table, and write the figures by name as JSON."""
    print("| | median | range | goal |")
    print("| --- | --- | --- | --- |")
    for name, one in figures.items():
        goal = "" if one.goal is None else f"≤ {one.goal:.4g}"
        print(f"| {name} | {one.median:.4g} | {one.min:.4g} to {one.max:.4g} | {goal} |")
    if file is not None:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
