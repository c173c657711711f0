"""Recipes in their written form, under the methods that are there."""

from __future__ import annotations

import re

import msgspec

from engine.methods.amounts import MOST_DIGITS, Pattern, Sparsity
from engine.methods.method import Method
from engine.methods.modifiers import MODIFIERS
from engine.methods.registry import found, methods, pruning_methods
from engine.records.errors import UserError
from engine.records.recipes import KEEP, Amount, Recipe, RecipeError

_KEPT_OF_VERBATIM = re.compile(rf"(.+)\+({KEEP}[0-9]+(?:\.[0-9]+)*)", re.DOTALL)
"""An amount that may contain anything, with blocks that are left dense at its end."""


def parse_recipe(text: str) -> Recipe:
    """Read a recipe from its written form.

    Raises:
        RecipeError: with what would have been valid.
    """
    name, colon, rest = text.strip().partition(":")
    method = _known(name)
    if method is None:
        raise RecipeError(f"'{text}' is not a recipe: expected {grammar()}")
    if not colon or not rest:
        raise RecipeError(f"'{text}' has no amount: expected {_forms(method)}")
    if any(amount.verbatim for amount in method.takes):
        kept = _KEPT_OF_VERBATIM.fullmatch(rest)
        if kept is None:
            return Recipe(method=name, amount=_amount(text, method, rest))
        blocks = _kept_blocks(text, [kept[2]])
        return Recipe(method=name, amount=_amount(text, method, kept[1]), kept=blocks)
    rest, at, calibration = rest.partition("@")
    amount, *parts = rest.split("+")
    recipe = Recipe(
        method=name, amount=_amount(text, method, amount), kept=_kept_blocks(text, parts)
    )
    modifiers = [part for part in parts if not part.startswith(KEEP)]
    recipe = _with_modifiers(text, method, recipe, modifiers)
    if not at:
        return recipe
    if not calibration:
        raise RecipeError(f"'{text}': no calibration text is named after the @")
    if not needs_calibration(recipe):
        raise RecipeError(f"'{text}': {recipe!s} looks at no calibration text")
    return msgspec.structs.replace(recipe, calibration=calibration)


def pruning_method(name: str) -> Method:
    """The method for a sparsity that stands by itself.

    Raises:
        UserError: there is no such method, or it takes no sparsity.
    """
    method = _known(name)
    if method is None:
        raise UserError(f"no method '{name}'", f"--method is {listed(list(pruning_methods()))}.")
    if not method.prunes:
        raise UserError(
            f"--method {name} takes no --sparsity",
            f"Write the whole recipe: --recipe {_forms(method)}.",
        )
    return method


def method_of(recipe: Recipe) -> Method:
    """The recipe's method."""
    return methods()[recipe.method]


def needs_calibration(recipe: Recipe) -> bool:
    """Whether making the variant looks at activations."""
    return method_of(recipe).calibrated or any(
        MODIFIERS[name].needs != "nothing" for name in recipe.modifiers
    )


def looks_at_answers(recipe: Recipe) -> bool:
    """Whether making the variant looks at the gold answers of items."""
    return any(MODIFIERS[name].looks_at_answers for name in recipe.modifiers)


def without_answers(recipe: Recipe) -> Recipe:
    """The recipe without the modifiers that look at gold answers."""
    rest = (name for name in recipe.modifiers if not MODIFIERS[name].looks_at_answers)
    return msgspec.structs.replace(recipe, modifiers=tuple(rest))


def grammar() -> str:
    """Every way to write a recipe, as a phrase."""
    takers: dict[tuple[type[Amount], ...], list[str]] = {}
    for method in methods().values():
        takers.setdefault(method.takes, []).append(method.name)
    parts = []
    for takes, names in takers.items():
        forms = [form for amount in takes for form in amount.forms]
        if len(names) == 1:
            parts.append(listed([f"{names[0]}:{form}" for form in forms]))
        else:
            written = listed([f"METHOD:{form}" for form in forms])
            parts.append(f"{written} (METHOD: {listed(names)})")
    modifiers = listed([f"+{name}" for name in MODIFIERS])
    return (
        f"{'; '.join(parts)}; after a pruning method {modifiers}; "
        f"+{KEEP}BLOCKS leaves blocks dense; after what is calibrated @CALIBRATION"
    )


def listed(words: list[str]) -> str:
    """Words as a choice: "a, b or c"."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _known(name: str) -> Method | None:
    """The method of this name.

    Raises:
        RecipeError: a package has it, and it can't be used.
    """
    failure = found().failure(name)
    if failure is not None:
        raise RecipeError(failure.message, failure.hint)
    return methods().get(name)


def _forms(method: Method) -> str:
    return listed([f"{method.name}:{form}" for amount in method.takes for form in amount.forms])


def _amount(text: str, method: Method, written: str) -> Amount:
    parts = written.split(":")
    for amount in method.takes:
        if amount.verbatim or any(form.count(":") == len(parts) - 1 for form in amount.forms):
            try:
                return amount.parse(parts)
            except ValueError as error:
                raise RecipeError(f"'{text}': {error}") from error
    raise RecipeError(f"'{text}': expected {_forms(method)}")


def _kept_blocks(text: str, parts: list[str]) -> tuple[int, ...]:
    """The blocks that are left dense."""
    named = [part.removeprefix(KEEP).split(".") for part in parts if part.startswith(KEEP)]
    if not named:
        return ()
    blocks = [block for one in named for block in one]
    if not all(b.isascii() and b.isdecimal() and len(b) <= MOST_DIGITS for b in blocks):
        raise RecipeError(f"'{text}': expected +{KEEP} and numbers of blocks, as +{KEEP}0.2.18")
    return tuple(sorted(set(map(int, blocks))))


def _with_modifiers(text: str, method: Method, recipe: Recipe, names: list[str]) -> Recipe:
    for name in names:
        if name not in MODIFIERS:
            known = listed([f"+{known}" for known in MODIFIERS])
            raise RecipeError(f"'{text}': '+{name}' is not known; expected {known}")
    if len(set(names)) != len(names):
        raise RecipeError(f"'{text}': a modifier is named twice")
    if names and not method.prunes:
        raise RecipeError(f"'{text}': {method.name} takes no modifiers")
    given = [modifier for name, modifier in MODIFIERS.items() if name in names]
    deciding: dict[str, str] = {}
    for modifier in given:
        other = deciding.setdefault(modifier.sets, modifier.name)
        if other != modifier.name:
            raise RecipeError(
                f"'{text}': +{other} and +{modifier.name} both set {modifier.sets}; choose one"
            )
        if modifier.for_rows and not method.takes_rows:
            takers = listed([name for name, taker in methods().items() if taker.takes_rows])
            raise RecipeError(
                f"'{text}': +{modifier.name} is for {takers}; "
                f"{method.name} has its own comparison group"
            )
        if modifier.not_with_pattern and isinstance(recipe.amount, Pattern):
            forms = f"{method.name}:{Sparsity.forms[0]}"
            raise RecipeError(
                f"'{text}': {modifier.not_with_pattern}; +{modifier.name} needs {forms}"
            )
    return msgspec.structs.replace(recipe, modifiers=tuple(modifier.name for modifier in given))
