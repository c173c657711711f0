"""Figures of the benchmarks: medians with their range, as a Markdown table and as JSON."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure; `bound` says whether the goal is a least or a greatest value."""

    name: str
    median: float
    least: float
    greatest: float
    measurements: int
    unit: str = ""
    goal: float | None = None
    bound: Literal["≥", "≤"] | None = None

    @property
    def met(self) -> bool | None:
        """Whether the median meets the goal; None where there is none."""
        if self.goal is None:
            return None
        return self.median >= self.goal if self.bound == "≥" else self.median <= self.goal


def figure(
    name: str,
    values: Sequence[float],
    *,
    unit: str = "",
    at_least: float | None = None,
    at_most: float | None = None,
) -> Figure:
    """The figure of one or more measurements."""
    return Figure(
        name=name,
        median=median(values),
        least=min(values),
        greatest=max(values),
        measurements=len(values),
        unit=unit,
        goal=at_least if at_least is not None else at_most,
        bound="≥" if at_least is not None else "≤" if at_most is not None else None,
    )


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table with the goals."""
    lines = [
        "| what | median | least to greatest | goal | met |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in figures:
        goal = "" if one.goal is None else f"{one.bound} {one.goal:g}{one.unit}"
        met = {None: "", True: "yes", False: "no"}[one.met]
        spread = f"{_written(one.least)} to {_written(one.greatest)}, n = {one.measurements}"
        lines.append(
            f"| {one.name} | {_written(one.median)}{one.unit} | {spread} | {goal} | {met} |"
        )
    return "\n".join(lines)


def _written(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def benchmark_parser(module: str, description: str) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.{module}", description=description)
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--short", action="store_true", help="a small form, to see that it runs")
    return parser


def report(figures: Sequence[Figure], json: Path | None) -> None:
    """Print the table, and write the figures as JSON where asked to."""
    print(table(figures))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
