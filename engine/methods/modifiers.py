"""What can be added to a pruning recipe: `wanda:0.5+owl+swaps`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.methods.method import Needs, Source


@dataclass(frozen=True)
class Modifier:
    """All there is to know of a modifier, but what it does (`engine.compression`).

    Attributes:
        name: what stands after the "+".
        help: what it does, as a phrase.
        sets: what it decides; two modifiers that decide the same can't go together.
        needs: what it must know of the inputs, beside what the method needs.
        not_with_pattern: why it can't go with N:M, as a clause; empty where it can.
        for_rows: whether it is only for methods with `takes_rows`.
        for_biases: whether it is only for models whose layers have biases.
        looks_at_answers: whether it must know the gold answers of items.
        source: where it is described.
    """

    name: str
    help: str
    sets: str
    needs: Needs = "nothing"
    not_with_pattern: str = ""
    for_rows: bool = False
    for_biases: bool = False
    looks_at_answers: bool = False
    source: Source | None = None


_LISTED = (
    Modifier(
        name="owl",
        help="sparsity per block, lower where outliers are many",
        sets="the sparsity per block",
        needs="norms",
        not_with_pattern="N:M fixes every block's sparsity",
        source=Source("Yin et al. 2023", "https://arxiv.org/abs/2310.05175"),
    ),
    Modifier(
        name="linear",
        help="sparsity per block, growing with depth",
        sets="the sparsity per block",
        not_with_pattern="N:M fixes every block's sparsity",
        source=Source("arXiv 2502.14770", "https://arxiv.org/abs/2502.14770"),
    ),
    Modifier(
        name="gold",
        help="sparsity per block, lower where the gold answers suffer most",
        sets="the sparsity per block",
        not_with_pattern="N:M fixes every block's sparsity",
        looks_at_answers=True,
    ),
    Modifier(
        name="shuffled",
        help="the sparsities of +gold, dealt out to blocks at random: its control",
        sets="the sparsity per block",
        not_with_pattern="N:M fixes every block's sparsity",
        looks_at_answers=True,
    ),
    Modifier(
        name="swaps",
        help="mask refined by exchanging weights",
        sets="the mask",
        needs="gram",
        source=Source("Zimmer et al. 2025", "https://arxiv.org/abs/2512.10922"),
    ),
    Modifier(
        name="rows",
        help="weights compared within each output row",
        sets="the comparison group",
        not_with_pattern="N:M already chooses within each row",
        for_rows=True,
    ),
    Modifier(
        name="bias",
        help="biases that make up for what the weights lose on average, where layers have any",
        sets="the biases",
        needs="norms",
        for_biases=True,
        source=Source("Nagel et al. 2019", "https://arxiv.org/abs/1906.04721"),
    ),
)

MODIFIERS: Mapping[str, Modifier] = MappingProxyType(
    {modifier.name: modifier for modifier in _LISTED}
)
"""By name, in the order of a recipe's written form."""
