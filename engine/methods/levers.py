"""What can be changed of a recipe at the same sparsity, one thing at a time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.methods.amounts import Sigma, Sparsity
from engine.methods.modifiers import MODIFIERS
from engine.methods.recipes import method_of, needs_calibration, parse_recipe
from engine.methods.registry import methods, outside_package
from engine.records.recipes import Amount, Recipe, RecipeError

METHOD_LEVER, ALLOCATION_LEVER, CALIBRATION_LEVER = "method", "allocation", "calibration"
BIAS_LEVER = "bias"
LEVERS = (METHOD_LEVER, ALLOCATION_LEVER, CALIBRATION_LEVER, BIAS_LEVER)
"""The last is for models whose layers have biases."""

SHARE_DIGITS = 3
"""Of a sparsity that another one is matched to."""

ALLOCATES = "the sparsity per block"
CONTROL = "shuffled"
BIASED = "bias"


def changed(recipe: Recipe, lever: str, calibrations: Sequence[str]) -> list[Recipe]:
    """The recipes that differ from one in a lever alone; never the recipe itself.

    Args:
        recipe: that prunes or quantizes.
        lever: one of `LEVERS`.
        calibrations: the sources that are tried, beside the run's own.
    """
    changes: list[dict[str, object]]
    if lever == METHOD_LEVER:
        changes = [{"method": name} for name in _methods(recipe.amount)]
    elif lever == ALLOCATION_LEVER:
        others = [name for name in recipe.modifiers if MODIFIERS[name].sets != ALLOCATES]
        changes = [{"modifiers": (*others, *own)} for own in _allocations()]
    elif lever == CALIBRATION_LEVER:
        changes = [{"calibration": source} for source in (None, *calibrations)]
    else:
        changes = [{"modifiers": _biased(recipe, biased)} for biased in (False, True)]
    found = [_valid(recipe, **change) for change in changes]
    return [one for one in found if one is not None and one != recipe]


def as_in(recipe: Recipe, other: Recipe, lever: str) -> Recipe | None:
    """The recipe with a lever as another one has it; None where it can't be."""
    if lever == METHOD_LEVER:
        return _valid(recipe, method=other.method)
    if lever == CALIBRATION_LEVER:
        return _valid(recipe, calibration=other.calibration)
    if lever == BIAS_LEVER:
        return _valid(recipe, modifiers=_biased(recipe, biased=BIASED in other.modifiers))
    own = [name for name in recipe.modifiers if MODIFIERS[name].sets != ALLOCATES]
    others = [name for name in other.modifiers if MODIFIERS[name].sets == ALLOCATES]
    return _valid(recipe, modifiers=(*own, *others))


def _biased(recipe: Recipe, biased: bool) -> tuple[str, ...]:
    """The modifiers of a recipe with or without +bias."""
    others = (name for name in recipe.modifiers if name != BIASED)
    return (*others, BIASED) if biased else tuple(others)


def differing(recipe: Recipe, other: Recipe) -> list[str]:
    """The levers in which two recipes differ."""
    return [lever for lever in LEVERS if as_in(recipe, other, lever) != recipe]


def shuffled(recipe: Recipe) -> Recipe | None:
    """The control of an allocation that looks at answers: the same sparsities for other blocks."""
    if "gold" not in recipe.modifiers:
        return None
    names = (CONTROL if name == "gold" else name for name in recipe.modifiers)
    return _valid(recipe, modifiers=tuple(names))


def uniform_at(recipe: Recipe, sparsity: float, *, owl: bool = False) -> Recipe | None:
    """The recipe at another sparsity, no block left dense: uniform, or by OWL."""
    others = [name for name in recipe.modifiers if MODIFIERS[name].sets != ALLOCATES]
    amount = Sparsity(round(sparsity, SHARE_DIGITS))
    modifiers = (*others, *(["owl"] if owl else []))
    return _valid(recipe, amount=amount, modifiers=modifiers, kept=())


def pruned_to(sparsity: float) -> tuple[Recipe, ...]:
    """The dense model pruned to a sparsity, uniformly, by each method that looks at activations."""
    amount = Sparsity(round(sparsity, SHARE_DIGITS))
    return tuple(Recipe(method=name, amount=amount) for name in _methods(amount))


def keeping(recipe: Recipe, blocks: Sequence[int]) -> Recipe | None:
    """The recipe with blocks left dense."""
    return _valid(recipe, kept=tuple(sorted(blocks)))


def _methods(amount: Amount) -> list[str]:
    """Methods of ours that take the kind of amount and look at activations."""
    kind = type(amount)
    return [
        name
        for name, method in methods().items()
        if kind in method.takes
        and kind is not Sigma
        and method.calibrated
        and outside_package(name) is None
    ]


def allocating(recipe: Recipe) -> list[str]:
    """The recipe's modifiers that set the sparsity per block."""
    return [name for name in recipe.modifiers if MODIFIERS[name].sets == ALLOCATES]


def _allocations() -> list[tuple[str, ...]]:
    named = (name for name, one in MODIFIERS.items() if one.sets == ALLOCATES and name != CONTROL)
    return [(), *((name,) for name in named)]


def _valid(recipe: Recipe, **change: object) -> Recipe | None:
    """The changed recipe as it would be written; None where the grammar has no such thing."""
    new = msgspec.structs.replace(recipe, **change)
    if new.calibration is not None and not needs_calibration(new):
        new = msgspec.structs.replace(new, calibration=None)
    try:
        return parse_recipe(str(new))
    except RecipeError:
        return None


def compresses(recipe: Recipe) -> bool:
    """Whether the recipe makes weights, rather than opening finished ones."""
    return method_of(recipe).compress is not None
