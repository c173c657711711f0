"""Settings as a run keeps them."""

from __future__ import annotations

import msgspec

from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.settings import DENSE, Settings


def canonical(settings: Settings) -> Settings:
    """The settings with recipes in their written form.

    Raises:
        RecipeError: a recipe can't be understood.
        UserError: the same variant is asked for twice.
    """
    against = settings.against
    if against != DENSE:
        against = str(parse_recipe(against))
    recipes = tuple(str(parse_recipe(text)) for text in settings.recipes)
    names = (against, *recipes)
    if not recipes or len(set(names)) != len(names):
        raise UserError(
            f"the variants {', '.join(names)} are not all different",
            "Name one or more recipes, each once, other than what they are compared against.",
        )
    return msgspec.structs.replace(settings, against=against, recipes=recipes)


def as_asked(item: Item, settings: Settings) -> Item:
    """An item as it is put to the model: of a closed book without its passage."""
    return msgspec.structs.replace(item, passage=None) if settings.closed_book else item
