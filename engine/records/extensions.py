"""Members of a registry: one module each in a package of ours, or entry points of other packages.

A method, a decoding, a metric or a question is found rather than listed: a new module adds a
built-in one, and an installed package adds its own by an entry point.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar

from engine.records.errors import UserError


class Named(Protocol):
    """Anything with a name that users type or read."""

    @property
    def name(self) -> str:
        """Unique among the members of its registry."""
        ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True)
class Failure:
    """An entry point that can't be used.

    Attributes:
        name: of the entry point.
        package: the distribution that declares it.
        reason: what is wrong, as a clause: "ImportError: no module named 'x'".
    """

    name: str
    package: str
    reason: str


@dataclass(frozen=True)
class Members(Generic[T]):
    """What a registry holds.

    Attributes:
        values: built-in members first, then those of other packages, by name.
        packages: the distribution that each member from outside comes from, by its name.
        failures: entry points that can't be used; none of them breaks the rest.
    """

    values: Mapping[str, T]
    packages: Mapping[str, str]
    failures: tuple[Failure, ...]

    def failure(self, name: str) -> UserError | None:
        """Why a name that is not among the values is unusable; None where nothing declares it."""
        for failure in self.failures:
            if failure.name == name and name not in self.values:
                return UserError(
                    f"'{name}' of the package {failure.package} can't be used: {failure.reason}",
                    f"Update or uninstall {failure.package}.",
                )
        return None


def members(package: str, attribute: str, group: str, kind: type[T]) -> Members[T]:
    """Collect the members of a registry.

    Args:
        package: import name of the package whose modules are searched; subpackages are not.
        attribute: module attribute that holds a member, or a tuple of them. Modules without it
            are skipped.
        group: entry-point group of other packages. An entry point refers to a member whose name is
            the entry point's, or to a tuple of members.
        kind: type of every member.

    A name that is taken stays with the built-in member; a name that two packages claim belongs to
    neither. Both are failures, as is an entry point that can't be imported or isn't of `kind`.
    """
    values = {value.name: value for value in _built_in(package, attribute, kind)}
    own = frozenset(values)
    packages: dict[str, str] = {}
    failures: list[Failure] = []
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, _package(entry))):
        origin = _package(entry)
        try:
            loaded = _loaded(entry, kind)
        except Exception as error:
            failures.append(Failure(entry.name, origin, f"{type(error).__name__}: {error}"))
            continue
        for value in loaded:
            if value.name in own:
                failures.append(Failure(value.name, origin, "the name belongs to a built-in one"))
            elif value.name in packages:
                reason = "{} claims the same name"
                failures += [
                    Failure(value.name, origin, reason.format(packages[value.name])),
                    Failure(value.name, packages[value.name], reason.format(origin)),
                ]
            else:
                values[value.name] = value
                packages[value.name] = origin
    for failure in failures:
        if failure.name not in own and packages.pop(failure.name, ""):
            del values[failure.name]
    return Members(values, packages, tuple(failures))


def _built_in(package: str, attribute: str, kind: type[T]) -> Iterator[T]:
    searched = importlib.import_module(package)
    for module in pkgutil.iter_modules(searched.__path__):
        if not module.ispkg:
            held = getattr(importlib.import_module(f"{package}.{module.name}"), attribute, ())
            yield from _checked(held, kind)


def _loaded(entry: EntryPoint, kind: type[T]) -> tuple[T, ...]:
    loaded = entry.load()
    values = _checked(loaded, kind)
    if not isinstance(loaded, tuple) and values[0].name != entry.name:
        raise ValueError(f"it is called '{values[0].name}'; its entry point must be, too")
    return values


def _checked(held: object, kind: type[T]) -> tuple[T, ...]:
    values = held if isinstance(held, tuple) else (held,)
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")
    return values


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value.partition(":")[0]
