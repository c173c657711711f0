"""The kinds of instruments that are installed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from engine.records.errors import UserError
from engine.records.extensions import Failure, members
from engine.records.instruments.instrument import Finding, Instrument

GROUP = "illusion_tui.instruments"

_members = members("engine.records.instruments", "INSTRUMENT", GROUP, Instrument)
_kinds = {
    kind.name: kind
    for kind in sorted(_members.values.values(), key=lambda kind: (kind.place, kind.name))
}

if TYPE_CHECKING:
    AnyInstrument: TypeAlias = Instrument
    AnyFinding: TypeAlias = Finding
else:
    # msgspec reads a record of the kind that its tag names only from a union of all kinds.
    AnyInstrument = reduce(or_, (type(kind) for kind in _kinds.values()))
    AnyFinding = reduce(or_, (kind.finds for kind in _kinds.values()))


def instruments() -> Mapping[str, Instrument]:
    """Every kind by its name, with its defaults, in their order."""
    return _kinds


def failures() -> tuple[Failure, ...]:
    """The instruments of other packages that can't be used."""
    return _members.failures


def instrument_named(name: str) -> Instrument:
    """The kind of a name, with its defaults.

    Raises:
        UserError: there is none; the hint lists them.
    """
    if name in _kinds:
        return _kinds[name]
    raise _members.failure(name) or UserError(
        f"there is no instrument '{name}'", f"There are {', '.join(_kinds)}."
    )


def unknown_instrument(name: str) -> UserError:
    """The error for a kind in a run that is not installed, or that can't be used."""
    return _members.failure(name) or UserError(
        f"the instrument '{name}' is not installed",
        "Install the package that it comes from.",
    )
