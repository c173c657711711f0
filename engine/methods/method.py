"""What a compression method is: a function from one weight matrix to the compressed one.

This module and those of the methods import torch only where they compute, so that the commands
can list methods and read recipes without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.methods.amounts import Pattern, Sparsity
from engine.records.recipes import Amount, Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from engine.methods.kernels.inputs import InputStatistics

Needs = Literal["nothing", "norms", "gram"]
"""What must be known of a matrix's inputs on calibration text: nothing, the norm of each input
feature, or the Gram matrix (and the norms)."""


@dataclass(frozen=True)
class Source:
    """Where a method is from: a short title ("Sun et al. 2023") and its address."""

    title: str
    url: str


@dataclass(frozen=True)
class Target:
    """What is asked for one matrix.

    Attributes:
        recipe: as the user wrote it.
        sparsity: share of zeros for this matrix; differs between blocks under +owl and +linear.
        key: names the matrix; whatever is random depends on it.
    """

    recipe: Recipe
    sparsity: float
    key: str


class Compression(NamedTuple):
    """A compressed matrix, and what a reader must know about it ("damping raised to 10 %")."""

    weight: Tensor
    note: str = ""


Compress = Callable[["Tensor", "InputStatistics | None", Target], Compression]
"""From `(out_features, in_features)` in float32 and the statistics of the inputs (None where the
method needs nothing) to the compressed matrix; the given matrix is left as it is."""

Apply = Callable[["Tensor", "InputStatistics | None", "Tensor"], Compression]
"""From matrix, statistics and a mask of the weights that go to the compressed matrix."""


def masked(weight: Tensor, statistics: InputStatistics | None, gone: Tensor) -> Compression:
    """The matrix with its marked weights zero and the others as they were."""
    return Compression(weight.masked_fill(gone, 0))


@dataclass(frozen=True)
class Method:
    """All there is to know of a method.

    Attributes:
        name: in recipes, in lower case.
        help: what it does, as a phrase.
        takes: kinds of amounts, the usual one first.
        compress: what it does to a matrix; None for a method that opens finished weights.
        needs: what it must know of a matrix's inputs.
        apply: what +swaps uses to make the matrix with another mask (of pruning methods).
        takes_rows: whether +rows applies: it compares the weights of a whole matrix, and can
            compare those of each output row instead.
        source: where it is described.
    """

    name: str
    help: str
    takes: tuple[type[Amount], ...]
    compress: Compress | None
    needs: Needs = "nothing"
    apply: Apply = masked
    takes_rows: bool = False
    source: Source | None = None

    @property
    def prunes(self) -> bool:
        """Whether it sets weights to zero."""
        return Sparsity in self.takes or Pattern in self.takes

    @property
    def calibrated(self) -> bool:
        """Whether it looks at activations, and so needs calibration text."""
        return self.needs != "nothing"
