"""What the shell completes: names that are known without a model, and without asking an engine."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.records.errors import UserError


def runs(incomplete: str) -> list[str]:
    """The names of runs; what has a slash is left to the shell, as a path."""
    from engine.runs.known import known_runs

    names = dict.fromkeys(directory.name for directory in known_runs())
    return [name for name in names if name.startswith(incomplete)]


def item_ids(context: typer.Context, incomplete: str) -> list[str]:
    """The ids of the items of the run that stands before."""
    from engine.runs.known import located
    from engine.runs.reading import read_item_ids

    run = context.params.get("run")
    if run is None:
        return []
    try:
        ids = read_item_ids(located(Path(run)))
    except (UserError, OSError):
        return []
    return [item_id for item_id in ids if item_id.startswith(incomplete)]


def models(incomplete: str) -> list[str]:
    """Aliases, and the user's own names."""
    from engine.records.aliases import ALIASES
    from tui.options.config import read_config

    try:
        own = list(read_config().models)
    except UserError:
        own = []
    names = dict.fromkeys((*own, *(alias.name for alias in ALIASES)))
    return [name for name in names if name.startswith(incomplete)]


def methods(incomplete: str) -> list[str]:
    """The methods that a sparsity can be given to."""
    from engine.methods.registry import pruning_methods

    return [name for name in pruning_methods() if name.startswith(incomplete)]


def recipes(incomplete: str) -> list[str]:
    """How a recipe begins: a method and its colon."""
    from engine.methods.registry import methods as registered

    return [f"{name}:" for name in registered() if name.startswith(incomplete)]


def items(incomplete: str) -> list[str]:
    """Samples, and benchmarks with their colon."""
    from engine.items.benchmarks.catalogue import BENCHMARKS
    from engine.items.samples import sample_names

    names = (*sample_names(), *(f"{name}:" for name in BENCHMARKS))
    return [name for name in names if name.startswith(incomplete)]
