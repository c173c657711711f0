"""Greedy decoding."""

from __future__ import annotations

from engine.records.decodings.decoding import Decoding


class Greedy(Decoding, frozen=True, kw_only=True, tag="greedy"):
    """The likeliest token at every step: what the run's open answers are decoded by.

    It is what the other decodings are compared with.
    """

    title = "greedy"
    help = "Greedy decoding, as the run's open answers: what the others are compared with."


DECODING = Greedy()
