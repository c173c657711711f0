"""Swaps against trying every exchange of a row."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.compression.swaps import refine
from engine.methods.kernels.selection import lowest_of_every
from engine.models.structure import decoder_blocks
from tests.compression_helpers import (
    calibration_ids,
    quietly,
    recorded_inputs,
)
from tests.tiny_models import tiny_model


def _row_error(weight: Tensor, gone: Tensor, gram: Tensor) -> float:
    left_out = (weight * gone).double()
    return float(left_out @ gram.double() @ left_out)


def _best_exchanges(weight: Tensor, gone: Tensor, gram: Tensor, of: int | None) -> Tensor:
    """Try every exchange of one row, make the best, and again, at most 50 times."""
    gone = gone.clone()
    first = _row_error(weight, gone, gram)
    for _ in range(50):
        now = _row_error(weight, gone, gram)
        best, change = None, -1e-6 * first
        for out in (~gone).nonzero()[:, 0].tolist():
            for back in gone.nonzero()[:, 0].tolist():
                if of is not None and out // of != back // of:
                    continue
                tried = gone.clone()
                tried[out], tried[back] = True, False
                difference = _row_error(weight, tried, gram) - now
                if difference < change:
                    best, change = tried, difference
        if best is None:
            return gone
        gone = best
    return gone


@pytest.mark.parametrize("of", [None, 4])
def test_swaps_make_the_best_exchange_of_every_row(of: int | None) -> None:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(80, 16, generator=generator) @ torch.randn(16, 16, generator=generator)
    gram = inputs.T @ inputs
    weight = torch.randn(10, 16, generator=generator)
    gone = lowest_of_every(weight.abs(), 2, 4)
    refined = refine(weight, gone, gram, of, lambda: None)
    for row in range(len(weight)):
        assert torch.equal(refined[row], _best_exchanges(weight[row], gone[row], gram, of))
    assert torch.equal(refined.sum(1), gone.sum(1))
    if of is not None:
        assert (refined.reshape(-1, of).sum(1) == 2).all()


@pytest.mark.parametrize("recipe", ["wanda:0.5", "magnitude:0.5", "ria:2:4", "sparsegpt:0.5"])
def test_swaps_lower_the_error_of_the_first_block(recipe: str) -> None:
    model, ids = tiny_model("llama"), calibration_ids()
    name = "model.layers.0.mlp.up_proj.weight"
    inputs = recorded_inputs(model, decoder_blocks(model)[0].module, ids)["mlp.up_proj"]
    dense = model.get_parameter(name)
    plain, refined = (quietly(model, r, ids).tensors[name] for r in (recipe, f"{recipe}+swaps"))
    errors = [((weight - dense) @ inputs.T).norm() for weight in (plain, refined)]
    assert errors[1] < errors[0]
    assert torch.equal((plain == 0).sum(1), (refined == 0).sum(1))
