"""Every method: a module of this package each, and those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from engine.methods.amounts import Bits, Checkpoint, Sigma
from engine.methods.method import Method
from engine.records.extensions import Members, members

GROUP = "illusion_tui.methods"
"""Entry points of other packages: the name is the method's, the object is a `Method`."""


@cache
def found() -> Members[Method]:
    """The methods with where they are from, and the entry points that can't be used."""
    return members("engine.methods", "METHOD", GROUP, Method)


def methods() -> Mapping[str, Method]:
    """Every method by its name: those that prune first, each kind in alphabetical order."""
    values = found().values
    return {name: values[name] for name in sorted(values, key=lambda name: _rank(values[name]))}


def pruning_methods() -> Mapping[str, Method]:
    """The methods that set weights to zero."""
    return {name: method for name, method in methods().items() if method.prunes}


def outside_package(name: str) -> str | None:
    """The package that brought a method, with its version ("mine 1.0"); None for a built-in one."""
    package = found().packages.get(name)
    return None if package is None else f"{package} {version(package)}"


def _rank(method: Method) -> tuple[int, str]:
    kinds = (Bits, Sigma, Checkpoint)
    kind = next((1 + kinds.index(kind) for kind in kinds if kind in method.takes), len(kinds) + 1)
    return 0 if method.prunes else kind, method.name
