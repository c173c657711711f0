"""How instruments are applied, and where that is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from engine.probing.probing import Probing, Subject
from engine.records.errors import UserError
from engine.records.extensions import Members, members
from engine.records.instruments.instrument import Finding, Instrument

GROUP = "illusion_tui.probers"

I = TypeVar("I", bound=Instrument)  # noqa: E741  # one letter, as type variables are named


@dataclass(frozen=True)
class Prober(Generic[I]):
    """How the instruments of one kind are applied.

    A module of this package, or an entry point of the group `illusion_tui.probers` that has the
    name of the kind, registers it.

    Attributes:
        record: the instruments that it is for.
        find: looks at a batch of items, in one pass where it can; a finding for each.
        alone: whether items are looked at one by one, whatever their size.
    """

    record: type[I]
    find: Callable[[Probing, Sequence[Subject], I], Sequence[Finding]]
    alone: bool = False

    @property
    def name(self) -> str:
        """The name of the kind."""
        return str(self.record.__struct_config__.tag)


def prober_of(instrument: Instrument) -> Prober[Any]:
    """What applies an instrument.

    Raises:
        UserError: the package that the kind comes from brings nothing, or it is broken.
    """
    found = probers()
    prober = found.values.get(instrument.name)
    if prober is None:
        raise found.failure(instrument.name) or UserError(
            f"nothing here can apply '{instrument.name}'",
            f"Its package must have an entry point '{instrument.name}' in the group {GROUP}.",
        )
    return prober


@cache
def probers() -> Members[Prober[Any]]:
    """What is installed, by the name of the kind."""
    return members("engine.probing", "PROBER", GROUP, Prober)
