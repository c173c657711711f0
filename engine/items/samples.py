"""The sample items that come with the project."""

from __future__ import annotations

from importlib.resources import as_file, files

from engine.items.files import read_rows
from engine.items.validation import items_of
from engine.records.items import Item

LICENCE = "CC BY 4.0 (GeoNames), Unicode-3.0 (CLDR), Unlicense (country-capitals)"


def sample_names() -> tuple[str, ...]:
    """Names of the samples, in alphabetical order."""
    entries = (entry.name for entry in files("samples").iterdir() if entry.is_file())
    return tuple(sorted(name.removesuffix(".jsonl") for name in entries if name.endswith(".jsonl")))


def read_sample(name: str) -> tuple[Item, ...]:
    """All items of a sample, language by language, the best-known first."""
    with as_file(files("samples") / f"{name}.jsonl") as path:
        return items_of(read_rows(path), path)
