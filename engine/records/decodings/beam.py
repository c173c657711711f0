"""Beam search."""

from __future__ import annotations

from typing import Annotated

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import Number, Whole, written


class Beam(Decoding, frozen=True, kw_only=True, tag="beam"):
    """Beam search; every beam is returned, by its log-probability over its length to the power of
    the length penalty.

    With 1, the mean per token, a compressed model's long repetitions push out every short answer.
    """

    title = "beam search"
    help = "Beam search; every beam is shown."
    noun = "beam"
    order = "ranked"
    amount = "width"

    width: Annotated[
        int, Whole(label="width", metavar="WIDTH", help="Number of beams.", low=1, high=256)
    ] = 8
    length_penalty: Annotated[
        float,
        Number(
            label="length penalty",
            metavar="X",
            help="0 ranks by log-probability, 1 by its mean per token.",
            low=-10.0,
            high=10.0,
        ),
    ] = 0.0

    @property
    def measure(self) -> str:
        if self.length_penalty == 0:
            return "log p"
        return f"log p / tokens^{written(self.length_penalty)}"


DECODING = Beam()
