"""The kinds of amounts that methods take."""

from __future__ import annotations

import math
from typing import ClassVar, Self

from engine.records.recipes import Amount

MOST_DIGITS = 8
"""Of a whole number."""


class Sparsity(Amount, frozen=True):
    """`share` of the weights of every matrix become zero, wherever they are; 0 to below 1."""

    share: float

    forms: ClassVar = ("SPARSITY",)
    meaning: ClassVar = "share of weights set to zero, in every matrix (0.5)"

    @classmethod
    def parse(cls, parts: list[str]) -> Self:
        return cls(_number(parts[0], "SPARSITY", below=1.0))

    def __str__(self) -> str:
        return _written(self.share)

    @property
    def label(self) -> str:
        return f"{100 * self.share:g} %"

    @property
    def target_sparsity(self) -> float:
        return self.share


class Pattern(Amount, frozen=True):
    """N:M sparsity: `kept` of every `of` consecutive input features stay."""

    kept: int
    of: int

    forms: ClassVar = ("N:M",)
    meaning: ClassVar = "N weights kept of every M consecutive ones (2:4)"

    @classmethod
    def parse(cls, parts: list[str]) -> Self:
        of = _whole(parts[1], "M", low=2, high=1024)
        return cls(_whole(parts[0], "N", low=1, high=of - 1), of)

    def __str__(self) -> str:
        return f"{self.kept}:{self.of}"

    @property
    def target_sparsity(self) -> float:
        return 1 - self.kept / self.of


PRUNING = (Sparsity, Pattern)
"""What most pruning methods take."""


class Bits(Amount, frozen=True):
    """Every weight is rounded to `bits` bits.

    `group` consecutive input features share a quantization scale; None for a whole row.
    """

    bits: int
    group: int | None = None

    forms: ClassVar = ("BITS", "BITS:GROUP")
    meaning: ClassVar = "bits of a weight (4), and how many weights of a row share a scale (4:64)"

    @classmethod
    def parse(cls, parts: list[str]) -> Self:
        bits = _whole(parts[0], "BITS", low=2, high=8)
        groups = [_whole(part, "GROUP", low=1, high=1 << 20) for part in parts[1:]]
        return cls(bits, *groups)

    def __str__(self) -> str:
        return f"{self.bits}" if self.group is None else f"{self.bits}:{self.group}"

    @property
    def label(self) -> str:
        return f"{self.bits} bit" + (f"/{self.group}" if self.group else "")


class Sigma(Amount, frozen=True):
    """Standard deviation of the noise, relative to each matrix's own; 0 to below 10."""

    sigma: float

    forms: ClassVar = ("SIGMA",)
    meaning: ClassVar = "standard deviation of the noise, relative to that of the weights (0.1)"

    @classmethod
    def parse(cls, parts: list[str]) -> Self:
        return cls(_number(parts[0], "SIGMA", below=10.0))

    def __str__(self) -> str:
        return _written(self.sigma)


class Checkpoint(Amount, frozen=True):
    """Directory or Hub id of a finished checkpoint."""

    source: str

    forms: ClassVar = ("DIR",)
    meaning: ClassVar = "directory or Hub id of the checkpoint"
    verbatim: ClassVar = True

    @classmethod
    def parse(cls, parts: list[str]) -> Self:
        return cls(":".join(parts))

    def __str__(self) -> str:
        return self.source

    @property
    def label(self) -> str:
        return self.source.rstrip("/").rsplit("/", 1)[-1]


def _whole(part: str, name: str, *, low: int, high: int) -> int:
    digits = part.isascii() and part.isdecimal() and len(part) <= MOST_DIGITS
    if not (digits and low <= int(part) <= high):
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not '{part}'")
    return int(part)


def _written(number: float) -> str:
    """The shortest form that is read as the same number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _number(part: str, name: str, *, below: float) -> float:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not 0 <= value < below:
        share = f"; {value:g} % is written {value / 100:g}" if below == 1 < value < 100 else ""
        raise ValueError(f"{name} must be a number from 0 to below {below:g}, not '{part}'{share}")
    return value
