"""Shared options as the signature of a command, for Typer to read."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from tui.options.options import PANELS, ModelOptions

OptionsT = TypeVar("OptionsT", bound=ModelOptions)


def lower_bounds(options: type[ModelOptions]) -> dict[str, float]:
    """The least value of each numeric option, by its field's name."""
    bounds = {}
    for name, hint in get_type_hints(options, include_extras=True).items():
        for note in getattr(hint, "__metadata__", ()):
            if getattr(note, "min", None) is not None:
                bounds[name] = note.min
    return bounds


def _panel(hint: Any) -> str:
    panels: list[str] = [note.rich_help_panel for note in hint.__metadata__]
    return panels[0]


def takes_options(
    options: type[OptionsT],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the fields of `options` as command-line options.

    The decorated function's first parameter receives the struct; Typer sees its fields after the
    function's own parameters.
    """
    hints = get_type_hints(options, include_extras=True)
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hints[name]
        )
        for name in sorted(hints, key=lambda name: PANELS.index(_panel(hints[name])))
    ]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own_hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=own_hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in inspect.signature(function).parameters.items()
        ][1:]

        @functools.wraps(function)
        def command(**values: Any) -> None:
            given = {parameter.name: values.pop(parameter.name) for parameter in shared}
            function(options(**given), **values)

        command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
        return command

    return decorate
