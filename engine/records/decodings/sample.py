"""Sampling."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import Number, Whole


class Sample(Decoding, frozen=True, kw_only=True, tag="sample"):
    """Independent samples; equal ones are collapsed with their count."""

    title = "sampling"
    help = "Independent samples; equal ones are counted."
    noun = "sample"
    order = "counted"
    amount = "count"

    count: Annotated[
        int, Whole(label="samples", metavar="COUNT", help="Number of samples.", low=1, high=256)
    ] = 16
    temperature: Annotated[
        float,
        Number(
            label="temperature",
            metavar="T",
            help="Divides the logits before sampling.",
            low=0.01,
            high=10.0,
        ),
    ] = 1.0
    top_p: Annotated[
        float,
        Number(
            label="top-p",
            metavar="P",
            help="Sample from the likeliest tokens whose probabilities sum to P.",
            low=0.01,
            high=1.0,
        ),
    ] = 1.0
    seed: Annotated[
        int, Whole(label="seed", metavar="N", help="Seed of the random numbers.", low=0)
    ] = 0

    def seeded(self, seed: int) -> Self:
        return msgspec.structs.replace(self, seed=seed)


DECODING = Sample()
