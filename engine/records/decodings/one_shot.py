"""Greedy decoding after a solved example."""

from __future__ import annotations

from typing import Annotated

from engine.records.decodings.decoding import Decoding
from engine.records.decodings.parameters import ItemId


class OneShot(Decoding, frozen=True, kw_only=True, tag="one-shot"):
    """Greedy, after one solved example in the prompt.

    `example` is the id of the item that is shown solved; None takes the first other item of the
    same language (and kind) whose gold answer differs.
    """

    title = "one-shot"
    help = "Greedy decoding after one solved example in the prompt."

    example: Annotated[
        str | None,
        ItemId(
            label="example",
            metavar="ID",
            help="Item that is shown solved; without it, another of the same language.",
        ),
    ] = None

    @property
    def examples(self) -> int:
        return 1


DECODING = OneShot()
