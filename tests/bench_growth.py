"""How time grows with items and variants.

    python -m tests.bench_growth [--json FILE] [--short]

Seconds to score 10, 100 and 1,000 items on the embedded model with 1, 2 and 4 variants, and what an
item costs under one variant; the last is to stay the same.
"""

from __future__ import annotations

import torch

from engine.items.reading import read_items
from tests.bench_figures import Table, parser
from tests.bench_scoring import COPY, Ours, loaded, seconds

ITEMS = (10, 100, 1000)
VARIANTS = (1, 2, 4)


def grow(ours: Ours, most_items: int, table: Table) -> None:
    """Measure every number of items with two variants, and every number of variants at 100."""
    items = list(read_items("capitals", languages=()).items)
    copies = [COPY, *(f"{COPY} {number}" for number in range(2, max(VARIANTS)))]
    for name in copies[1:]:
        ours.variants.add(name, ours.variants.tensors(COPY))
    ours.score(items[:10], prompt="auto")
    pairs = [(count, 2) for count in ITEMS] + [(100, count) for count in VARIANTS if count != 2]
    for count, variants in pairs:
        some, names = items[: min(count, most_items)], tuple(copies[: variants - 1])
        time = seconds(lambda: ours.score(some, prompt="auto", recipes=names))  # noqa: B023  # now
        what = f"{len(some)} items, {variants} variants"
        table.add(f"{what}, s", [time])
        table.add(f"{what}, ms for one under one", [1000 * time / len(some) / variants])


def main() -> None:
    """Print a Markdown table."""
    chosen = parser("bench_growth").parse_args()
    table = Table()
    with torch.inference_mode():
        grow(loaded("smollm2", "cpu", "bfloat16", 0.0), 10 if chosen.short else 1000, table)
    table.write(chosen.json)


if __name__ == "__main__":
    main()
