"""Greedy decoding after several solved examples."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import Whole


class KShot(Decoding, frozen=True, kw_only=True, tag="k-shot"):
    """Greedy, after `count` solved examples in the prompt.

    They are drawn, by the seed, from the items of the same language and kind whose question and
    solution name no answer of the item that is asked; every item has its own. With one more, the
    others stay the same.
    """

    title = "k-shot"
    help = (
        "Greedy decoding after K solved examples, drawn from items of the same language and kind."
    )
    noun = "example"
    amount = "count"

    count: Annotated[
        int,
        Whole(label="examples", metavar="K", help="Number of solved examples.", low=1, high=64),
    ] = 3
    seed: Annotated[
        int, Whole(label="seed", metavar="N", help="Seed of the random numbers.", low=0)
    ] = 0

    @property
    def heading(self) -> str:
        return f"{self.count}-shot"

    @property
    def examples(self) -> int:
        return self.count

    def seeded(self, seed: int) -> Self:
        return msgspec.structs.replace(self, seed=seed)


DECODING = KShot()
