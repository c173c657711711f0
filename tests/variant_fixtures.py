"""A run under several recipes: the more weights are gone, the more answers are wrong."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec

from engine.methods.recipes import parse_recipe
from engine.records.manifest import BlockSparsity, Manifest, VariantRecord
from engine.records.scores import ScoredItem
from engine.runs.reading import Run
from tests.inspector_fixtures import DENSE, manifest, score, scored_items

GRADED = ("wanda:0.3", "wanda:0.4", "wanda:0.5", "sparsegpt:0.4", "sparsegpt:0.5")


def graded_items(count: int = 34, *, hostile: bool = True) -> list[ScoredItem]:
    """Items whose open answers go wrong one after the other, and their choices more slowly."""
    return [
        msgspec.structs.replace(
            one,
            scores={
                DENSE: score(
                    random.Random(number), one.item, right=True, choice_right=True, dense=True
                ),
                **{
                    recipe: score(
                        random.Random(f"{number} {recipe}"),
                        one.item,
                        right=(number * 7 % 20) / 20 >= _gone(recipe),
                        choice_right=(number * 3 % 20) / 20 >= _gone(recipe) / 3,
                        dense=False,
                    )
                    for recipe in GRADED
                },
            },
        )
        for number, one in enumerate(scored_items(count, hostile=hostile))
    ]


def graded_manifest(items: int) -> Manifest:
    """Its manifest; the achieved sparsities are those that the recipes ask for."""
    made = manifest(items, GRADED)
    return msgspec.structs.replace(made, variants=tuple(map(_record, made.variants)))


def graded_run(count: int = 34, *, hostile: bool = True) -> Run:
    """The run as it is read."""
    scored = graded_items(count, hostile=hostile)
    return Run(
        directory=Path("run"),
        manifest=graded_manifest(len(scored)),
        items=tuple(one.item for one in scored),
        scored={one.item.id: one for one in scored},
        redecodes=(),
    )


def _gone(recipe: str) -> float:
    """The share of open answers that the recipe breaks; SparseGPT breaks fewer."""
    least = 0.25 if recipe.startswith("wanda") else 0.3
    return max(parse_recipe(recipe).target_sparsity - least, 0.0) * 3


def _record(variant: VariantRecord) -> VariantRecord:
    if variant.name == DENSE:
        return variant
    zeros = round(1000 * parse_recipe(variant.name).target_sparsity)
    blocks = tuple(BlockSparsity(block=block, zeros=zeros, weights=1000) for block in range(30))
    return msgspec.structs.replace(variant, blocks=blocks, notes=())
