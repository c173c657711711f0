"""Help texts that name what is registered, filled in when the help is shown.

Other packages can add members to a registry. Looking for them takes time that a command without
help should not spend, so that option texts hold a placeholder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

from tui.options.sparing import Sparing

METHODS = "{methods}"
"""Stands for the methods that `--method` takes."""
RECIPES = "{recipes}"
"""Stands for every way to write a recipe."""
FILTERS = "{filters}"
"""Stands for the names that a filter's conditions begin with."""


def _methods() -> str:
    from engine.methods.recipes import listed
    from engine.methods.registry import pruning_methods

    return listed(list(pruning_methods()))


def _recipes() -> str:
    from engine.methods.recipes import grammar

    return grammar()


def _filters() -> str:
    from engine.analysis.metrics.registry import by_filter_name

    return ", ".join(by_filter_name())


_TEXTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {METHODS: _methods, RECIPES: _recipes, FILTERS: _filters}
)


def filled(help_text: str) -> str:
    """An option's help with the names in it."""
    for placeholder, text in _TEXTS.items():
        if placeholder in help_text:
            help_text = help_text.replace(placeholder, escape(text()))
    return help_text


def _fill(parameters: Sequence[Any]) -> None:
    for parameter in parameters:
        if getattr(parameter, "help", None):
            parameter.help = filled(parameter.help)


class FilledCommand(Sparing, TyperCommand):
    """A command whose options' help may hold the placeholders."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _fill(self.params)
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        _fill(self.params)
        return super().shell_complete(ctx, incomplete)


class FilledGroup(Sparing, TyperGroup):
    """The same for a group of commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _fill(self.params)
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        _fill(self.params)
        return super().shell_complete(ctx, incomplete)
