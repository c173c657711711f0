"""Greedy decoding that penalises tokens that were there before."""

from __future__ import annotations

from typing import Annotated

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import Number


class RepetitionPenalty(Decoding, frozen=True, kw_only=True, tag="repetition-penalty"):
    """Greedy, with the logits of all tokens of the prompt and of the answer so far penalised.

    A positive logit is divided by the penalty, a negative one multiplied (Keskar et al. 2019, arXiv
    1909.05858, section 4.1, as transformers does it). The prompt counts: an answer that repeats a
    word of the question pays as well.
    """

    title = "repetition penalty"
    help = "Greedy decoding that penalises tokens of the prompt and of the answer so far."
    amount = "penalty"

    penalty: Annotated[
        float,
        Number(
            label="penalty",
            metavar="X",
            help="Divides positive logits and multiplies negative ones; 1 changes nothing.",
            low=1.0,
            high=10.0,
        ),
    ] = 1.2


DECODING = RepetitionPenalty()
