"""Text: hostile text of every kind in every text of a run, let out in every way."""

from __future__ import annotations

from collections.abc import Iterator

from tests.harness.outlet import outlets, tried
from tests.harness.part import Figure, Part


def run(share: float, seed: int) -> Iterator[Figure]:
    """Each way out, with as many hostile runs as it is given."""
    for outlet in outlets().values():
        yield tried(outlet, max(1, round(outlet.cases * share)), seed)


PART = Part(
    name="text",
    help="hostile text in every text of a run: on screens and terminals, in commands and files",
    run=run,
)
