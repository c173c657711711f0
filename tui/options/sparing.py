"""Commands that start quickly: Typer converts only what it has to.

Typer converts values by pydantic, absent ones too, and pydantic takes as long to import as half of
Textual. The inspector's first frame waits for that, so that absent values stay as they are here,
and so do the values of parameters that need no conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar


class Sparing:
    """A base of Typer's commands, put first.

    Attributes:
        PLAIN: what makes a value of what is typed, by the name of the parameter. For parameters
            that take one value and any text.
    """

    PLAIN: ClassVar[Mapping[str, Callable[[str], Any]]] = {}

    def get_params(self, ctx: Any) -> list[Any]:
        """The command's parameters, and those that Typer adds."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # of a later base
        for parameter in parameters:
            if not isinstance(parameter.process_value, partial):
                parameter.process_value = partial(
                    _processed,
                    parameter,
                    self.PLAIN.get(parameter.name),
                    parameter.process_value,
                )
        return parameters


def _processed(
    parameter: Any,
    plain: Callable[[str], Any] | None,
    converted: Callable[[Any, Any], Any],
    context: Any,
    value: Any,
) -> Any:
    """The value as the command gets it; `converted` is Typer's own way."""
    if value is None and not parameter.required:
        return parameter.callback(context, parameter, None) if parameter.callback else None
    if plain is not None and isinstance(value, str):
        return plain(value)
    return converted(context, value)
