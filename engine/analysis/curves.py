"""Accuracies over sparsity: the variants that one method makes, from the dense model on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.methods.amounts import Pattern
from engine.methods.recipes import method_of, parse_recipe
from engine.records.recipes import RecipeError
from engine.records.settings import DENSE

if TYPE_CHECKING:
    from engine.analysis.variants import VariantFigures

MEASURES = ("choice", "shown", "open")
"""The lines of a curve, from picking an option to open generation."""


class Curve(NamedTuple):
    """What one method does to the accuracies.

    Attributes:
        method: with its modifiers: "wanda", "sparsegpt +owl", "wanda N:M".
        points: by achieved sparsity; the dense model is the first one where it was scored.
    """

    method: str
    points: tuple[VariantFigures, ...]


def curves(rows: Sequence[VariantFigures]) -> tuple[Curve, ...]:
    """A curve for every pruning method, in the order of the variants.

    There are none where no method was used at several sparsities. A method that was used once is
    then a curve, too, as far as there is a dense model for it to begin at.
    """
    methods: dict[str, list[VariantFigures]] = {}
    for row in rows:
        method = _method(row.name)
        if method is not None and row.achieved_sparsity is not None:
            methods.setdefault(method, []).append(row)
    if all(len(made) < 2 for made in methods.values()):
        return ()
    dense = [row for row in rows if row.name == DENSE]
    found = (Curve(method, _by_sparsity([*dense, *made])) for method, made in methods.items())
    return tuple(curve for curve in found if len(curve.points) > 1)


def series(curve: Curve, measure: str) -> list[tuple[float, float]]:
    """A measure's points, as sparsity and share."""
    found = []
    for point in curve.points:
        proportion = getattr(point, measure)
        if proportion is not None and point.achieved_sparsity is not None:
            found.append((point.achieved_sparsity, proportion.share))
    return found


def highest(drawn: Sequence[Curve]) -> float:
    """The highest sparsity of any point."""
    return max(point.achieved_sparsity or 0.0 for curve in drawn for point in curve.points)


def axis(most: float) -> tuple[float, float]:
    """Step and end of an axis from 0 on which the highest sparsity is `most`."""
    step = 0.2 if most > 0.61 else 0.1
    # A sparsity that is barely above a step, since whole rows don't divide, needs no step more.
    return step, max(math.ceil(most / step - 0.05), 1) * step


def end_places(ends: Sequence[float], distance: float) -> list[float]:
    """Where the labels of lines stand that end at these heights from 0 to 1.

    None is closer to another than the distance. A label without room gives way downwards, and at
    the bottom upwards. Those of lines that end at one height are in the order given, from above.
    """
    order = sorted(range(len(ends)), key=lambda index: -ends[index])
    places = [0.0] * len(ends)
    lowest = 1.0 + distance
    for index in order:
        places[index] = lowest = min(ends[index], lowest - distance)
    highest = -distance
    for index in reversed(order):
        places[index] = highest = max(places[index], highest + distance)
    return places


def _method(name: str) -> str | None:
    """The method of a variant that was pruned; None for others."""
    try:
        recipe = parse_recipe(name)
    except RecipeError:
        return None
    if not method_of(recipe).prunes:
        return None
    pattern = [Pattern.forms[0]] if isinstance(recipe.amount, Pattern) else []
    return " ".join((recipe.method, *pattern, *(f"+{name}" for name in recipe.modifiers)))


def _by_sparsity(rows: Sequence[VariantFigures]) -> tuple[VariantFigures, ...]:
    return tuple(sorted(rows, key=lambda row: row.achieved_sparsity or 0.0))
