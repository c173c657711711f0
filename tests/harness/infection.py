"""Records of ours, every text of which has something hostile in it."""

from __future__ import annotations

import random
import typing
from collections.abc import Collection, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union

import msgspec

from engine.records.decodings.decoding import Decoding
from engine.records.instruments.instrument import Instrument
from tests.harness.kinds import KINDS, MEGABYTE, mixture

T = TypeVar("T")

_PLACED = ("start", "end")
"""Places in a text, which hold only while nothing comes before it."""


class Infection:
    """Puts hostile text into texts: into equal ones the same, whatever record they are in.

    Args:
        seed: another one puts other texts into them.
        kept: texts that stay as they are.
        recipes: names of variants, which become recipes of that look.
        megabyte: the share of texts that become a megabyte long.
    """

    def __init__(
        self,
        seed: int,
        *,
        kept: Collection[str] = (),
        recipes: Collection[str] = (),
        megabyte: float = 0.0,
    ) -> None:
        self._seed = seed
        self._kept = frozenset(kept) | {""}
        self._recipes = frozenset(recipes)
        self._megabyte = megabyte

    def text(self, original: str, *, placed: bool = False) -> str:
        """A text with something hostile in it; behind it, where places in it are known."""
        if original in self._kept:
            return original
        rng = random.Random(f"{self._seed} {original}")
        added = rng.choice((*KINDS.values(), mixture(rng)))
        if rng.random() < self._megabyte:
            added = MEGABYTE
        if original in self._recipes:
            return f"checkpoint:{original.replace(':', '')} {added}"
        before = rng.random() < 0.5 and not placed
        return f"{added}{original}" if before else f"{original}{added}"

    def record(self, value: T) -> T:
        """A record with hostile texts; what can only be one of a few words stays."""
        infected: T = self._infected(value, type(value))
        return infected

    def _infected(self, value: Any, hint: Any, *, placed: bool = False) -> Any:
        match value:
            case str():
                return value if _few_words(hint) else self.text(value, placed=placed)
            case Decoding() | Instrument():
                # Their texts are ids and names of variants.
                return self._struct(value, placed=False)
            case msgspec.Struct():
                return self._struct(value, placed=_has_places(value))
            case tuple() | list():
                hints = _inner(hint, type(value), len(value))
                return type(value)(map(self._infected, value, hints))
            case dict():
                key_hint, value_hint = _inner(hint, dict, 2)
                return {
                    self._infected(key, key_hint): self._infected(one, value_hint)
                    for key, one in value.items()
                }
        return value

    def _struct(self, value: msgspec.Struct, *, placed: bool) -> msgspec.Struct:
        changed = {
            info.name: self._infected(
                getattr(value, info.name), info.type, placed=placed and info.name == "text"
            )
            for info in msgspec.structs.fields(value)
        }
        return msgspec.structs.replace(value, **changed)


def _has_places(value: msgspec.Struct) -> bool:
    """Whether it, or a record right within it, says where something stands in its text."""
    within = [getattr(value, info.name) for info in msgspec.structs.fields(value)]
    records = [value, *(one for one in within if isinstance(one, msgspec.Struct))]
    return any(getattr(one, name, None) is not None for one in records for name in _PLACED)


def _members(hint: Any) -> tuple[Any, ...]:
    """The members of a union; of anything else itself."""
    if typing.get_origin(hint) in (Union, UnionType):
        return tuple(one for each in typing.get_args(hint) for one in _members(each))
    return (hint,)


def _few_words(hint: Any) -> bool:
    return any(typing.get_origin(one) is Literal for one in _members(hint))


def _inner(hint: Any, kind: type, count: int) -> list[Any]:
    """The hints of what is in a tuple, a list or a dict."""
    for one in _members(hint):
        origin, within = typing.get_origin(one), typing.get_args(one)
        if origin is not None and isinstance(origin, type) and issubclass(kind, origin):
            if kind is tuple and len(within) == count and Ellipsis not in within:
                return list(within)
            return list(within) if kind is dict else [within[0]] * count
        if kind is dict and origin is not None and issubclass(origin, Mapping):
            return list(within)
    return [Any] * count
