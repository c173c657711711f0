"""The kinds of decodings that are installed, and reading a decoding from text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from engine.records.decodings.decoding import Decoding
from engine.records.errors import UserError
from engine.records.extensions import Failure, members

GROUP = "illusion_tui.decodings"

_members = members("engine.records.decodings", "DECODING", GROUP, Decoding)


def kinds() -> Mapping[str, Decoding]:
    """Every kind by its name, with the defaults of its parameters.

    Ours come first, and among them those that decode several hypotheses, then those without an
    amount.
    """
    return _kinds


def _in_order() -> dict[str, Decoding]:
    ordered = sorted(
        _members.values.values(),
        key=lambda kind: (
            kind.name in _members.packages,
            kind.order == "single",
            kind.order == "single" and kind.amount is not None,
        ),
    )
    return {kind.name: kind for kind in ordered}


_kinds = _in_order()

if TYPE_CHECKING:
    AnyDecoding: TypeAlias = Decoding
else:
    # msgspec reads a record of the kind that its tag names only from a union of all kinds.
    AnyDecoding = reduce(or_, (type(kind) for kind in _kinds.values()))


def failures() -> tuple[Failure, ...]:
    """The decodings of other packages that can't be used."""
    return _members.failures


def short_forms() -> str:
    """What `parse_decoding` reads, for help and hints: "beam=8, sample=16 or one-shot"."""
    *most, last = (kind.short_form for kind in _kinds.values())
    return f"{', '.join(most)} or {last}"


def unknown_kind(name: str) -> UserError:
    """The error for a kind that is not installed, or that can't be used."""
    return _members.failure(name) or UserError(
        f"the decoding '{name}' is not installed",
        "Install the package that it comes from.",
    )


def parse_decoding(text: str) -> Decoding:
    """Read a decoding from its short form: "beam=8", "sample=16", "one-shot".

    Raises:
        UserError: with what would have been valid.
    """
    name, equals, amount = text.strip().partition("=")
    if failure := _members.failure(name):
        raise failure
    kind = _kinds.get(name)
    if kind is None or (equals and kind.amount is None):
        raise UserError(f"'{text}' is not a decoding", f"Expected {short_forms()}.")
    return read_decoding(kind, {kind.amount: amount} if equals and kind.amount else {})


def read_decoding(kind: Decoding, texts: Mapping[str, str]) -> Decoding:
    """A decoding of a kind from the texts of its parameters, by field; the rest are defaults.

    Raises:
        UserError: a text stands for no value of its parameter.
    """
    values = {}
    for field, text in texts.items():
        parameter = kind.parameters()[field]
        try:
            values[field] = parameter.parse(text)
        except ValueError as error:
            raise UserError(
                f"{kind.name}: {parameter.label} '{text}' is not {parameter.expected}"
            ) from error
    return type(kind)(**values)
