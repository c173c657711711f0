"""What re-decoding many items costs, beside transformers' `generate`.

    python -m tests.bench_recovery [--json FILE] [--short]

The open answers of 50 items of the embedded model, compressed, by beam search, sampling and a
one-shot prompt, in the batches of a run's recovery, both ways in turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.decoding.decoder import Decoder
from engine.decoding.redecode import redecode
from engine.inspection.recovery import HYPOTHESES_PER_ITEM
from engine.items.reading import read_items
from engine.records.decodings.beam import Beam
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.items import Item
from engine.records.settings import Settings
from tests.bench_figures import Table, parser
from tests.bench_scoring import RECIPE, Ours, in_turn, loaded

ITEMS = 50
DECODINGS: tuple[Decoding, ...] = (Beam(), Sample(), OneShot())


def recover(ours: Ours, items: Sequence[Item], decodings: Sequence[Decoding], packed: bool) -> None:
    """Re-decode all items by each of the decodings."""
    settings = Settings()
    with ours.variants.using(RECIPE) as model:
        decoder = Decoder(
            model=model,
            tokenizer=ours.tokenizer,
            settings=settings,
            packed=lambda _: packed,
            on_step=lambda *_: None,
            check=lambda: None,
        )
        for decoding in decodings:
            most = max(1, HYPOTHESES_PER_ITEM * settings.batch_size // decoding.hypotheses)
            for first in range(0, len(items), most):
                redecode(decoder, items[first : first + most], RECIPE, decoding, items)


def main() -> None:
    """Print a Markdown table."""
    options = parser("bench_recovery")
    options.add_argument("--repeats", type=int, default=3)
    chosen = options.parse_args()
    count, repeats = (4, 1) if chosen.short else (ITEMS, chosen.repeats)
    ours = loaded("smollm2", "cpu", "bfloat16", 0.0)
    items = sorted(
        read_items("capitals", languages=("en",), limit=count).items,
        key=lambda item: len(item.question),
    )
    table = Table()
    with torch.inference_mode():
        sums = [[0.0] * repeats, [0.0] * repeats]
        for decoding in DECODINGS:
            times = in_turn(
                [
                    lambda one=decoding, way=way: recover(ours, items, [one], way)  # type: ignore[misc]  # bound now
                    for way in (False, True)
                ],
                repeats,
            )
            ratios = [rows / shared for rows, shared in zip(*times, strict=True)]
            table.add(f"{decoding.label}, rows / shared prompts", ratios)
            for total, measured in zip(sums, times, strict=True):
                total[:] = [one + other for one, other in zip(total, measured, strict=True)]
        ratios = [rows / shared for rows, shared in zip(*sums, strict=True)]
        table.add(f"{count} items by all three, rows / shared prompts", ratios, at_least=2.0)
        table.add(f"{count} items by all three, seconds", sums[1])
    table.write(chosen.json)


if __name__ == "__main__":
    main()
