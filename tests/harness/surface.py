"""Where text and files come in from outside, and what is tried there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Surface:
    """One way in.

    Attributes:
        name: in a few words.
        cases: what is let in.
        attempt: lets a case in, with a directory to work in; it returns, or raises `UserError`.
    """

    name: str
    cases: SearchStrategy[Any]
    attempt: Callable[[Any, Path], None]


def surfaces() -> dict[str, Surface]:
    """Every surface by its name: those of the modules of `tests.harness.surfaces`."""
    package = importlib.import_module("tests.harness.surfaces")
    found: dict[str, Surface] = {}
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        found |= {surface.name: surface for surface in loaded.SURFACES}
    return found
