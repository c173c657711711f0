"""How the decodings of a kind decode, and where the strategies are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from engine.decoding.decoded import Decoded
from engine.decoding.decoder import Decoder
from engine.decoding.prompting import OpenPrompt
from engine.records.decodings.decoding import Decoding
from engine.records.errors import UserError
from engine.records.extensions import Members, members
from engine.records.items import Item

GROUP = "illusion_tui.strategies"

D = TypeVar("D", bound=Decoding)

Sequences = list[Decoded]
"""What is generated for an item, a hypothesis each."""


def no_examples(decoding: Decoding, item: Item, items: Sequence[Item]) -> tuple[Item, ...]:
    """The examples of a decoding that shows none."""
    return ()


@dataclass(frozen=True)
class Strategy(Generic[D]):
    """How the decodings of one kind decode.

    A module of this package, or an entry point of the group `illusion_tui.strategies` that has the
    name of the kind, registers it.

    Attributes:
        record: the decodings that it is for.
        generate: gives every prompt its hypotheses, as many as the decoding says. Most call
            `engine.decoding.generation.generate`.
        examples: the items of the run that are shown solved before an item, in their order.
            Raises `UserError` where there are none that can serve.
    """

    record: type[D]
    generate: Callable[[Decoder, Sequence[OpenPrompt], D], list[Sequences]]
    examples: Callable[[D, Item, Sequence[Item]], tuple[Item, ...]] = no_examples

    @property
    def name(self) -> str:
        """The name of the kind."""
        return str(self.record.__struct_config__.tag)


def strategy_of(decoding: Decoding) -> Strategy[Any]:
    """The strategy that decodes a decoding.

    Raises:
        UserError: the package that the kind comes from brings none, or a broken one.
    """
    found = strategies()
    strategy = found.values.get(decoding.name)
    if strategy is None:
        raise found.failure(decoding.name) or UserError(
            f"nothing here can decode '{decoding.name}'",
            f"Its package must have an entry point '{decoding.name}' in the group {GROUP}.",
        )
    return strategy


@cache
def strategies() -> Members[Strategy[Any]]:
    """The strategies that are installed, by the name of their kind."""
    return members("engine.decoding", "STRATEGY", GROUP, Strategy)
