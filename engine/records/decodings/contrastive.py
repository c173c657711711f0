"""Contrastive decoding against another variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import Number, VariantName


class Contrastive(Decoding, frozen=True, kw_only=True, tag="contrastive"):
    """Greedy by log p(expert) − log p(amateur), among tokens that the expert finds plausible.

    Contrastive decoding (Li et al. 2023, arXiv 2210.15097, section 3), but greedy where the paper
    searches by beams. The expert is the variant that is decoded. The amateur is another one: for a
    compressed variant the reference, for the reference the first compressed variant, unless it is
    named. Both compute every token.

    With the dense model as expert it tells what the dense model knows and the compressed one has
    lost; with it as amateur, what compression favours. Neither is a remedy at equal cost, since the
    dense model computes along. Against a variant that is compressed further it may be one.
    """

    title = "contrastive"
    help = (
        "Greedy by log p of the variant minus log p of another one. It shows what the two disagree "
        "on. The dense model computes along unless both are compressed: then it is a diagnosis, no "
        "remedy at equal cost."
    )
    amount = "alpha"
    models = 2

    alpha: Annotated[
        float,
        Number(
            label="plausibility",
            metavar="ALPHA",
            help="Only tokens at least ALPHA times as likely as the variant's likeliest one.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.1
    amateur: Annotated[
        str | None,
        VariantName(
            label="amateur",
            metavar="NAME",
            help="The other variant: without it the reference, or the first compressed one.",
        ),
    ] = None

    def partner(self, variant: str, variants: Sequence[str]) -> str | None:
        if self.amateur is not None:
            return self.amateur
        return next((name for name in variants if name != variant), None)


DECODING = Contrastive()
