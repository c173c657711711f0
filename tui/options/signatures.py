"""Options that are declared elsewhere, in the signature of a command, for Typer to read."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
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

    The decorated function's parameter `options` receives the struct.
    """
    hints = get_type_hints(options, include_extras=True)
    fields = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hints[name]
        )
        for name in sorted(hints, key=lambda name: PANELS.index(_panel(hints[name])))
    ]
    return replaces_parameter("options", fields, lambda values: options(**values))


def replaces_parameter(
    name: str, parameters: Sequence[inspect.Parameter], build: Callable[[dict[str, Any]], object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command other parameters in place of one, for Typer to read.

    The decorated function's parameter `name` receives what `build` makes of their values. Typer
    sees them after the function's own parameters.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[own_name], kind=inspect.Parameter.KEYWORD_ONLY)
            for own_name, parameter in inspect.signature(function).parameters.items()
            if own_name != name
        ]

        @functools.wraps(function)
        def command(**values: Any) -> None:
            given = {parameter.name: values.pop(parameter.name) for parameter in parameters}
            function(**{name: build(given)}, **values)

        command.__signature__ = inspect.Signature([*own, *parameters])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*own, *parameters)}
        return command

    return decorate
