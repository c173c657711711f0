"""Every method against a literal restatement of its source's formula, on every architecture."""

from __future__ import annotations

import hashlib

import pytest
import torch
from torch import Tensor

from engine.methods.kernels.hessian import inverse_hessian
from engine.methods.kernels.inputs import InputStatistics
from engine.methods.kernels.selection import lowest_of_every, lowest_overall, lowest_per_row
from engine.methods.method import Target
from engine.methods.recipes import method_of, parse_recipe
from engine.models.structure import decoder_blocks, prunable
from engine.records.errors import UserError
from tests.compression_helpers import (
    Rule,
    calibration_ids,
    quietly,
    restated,
    without_lowest,
)
from tests.tiny_models import KINDS, tiny_model

# -- the formulas, one row or weight at a time ----------------------------------------------


def _norms(inputs: Tensor) -> Tensor:
    return torch.tensor([float(inputs[:, j].double().norm(2)) for j in range(inputs.shape[1])])


def _wanda(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    return without_lowest(weight, weight.abs() * _norms(inputs), int(weight.shape[1] * 0.5))


def _ria(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    sizes, norms = weight.abs().tolist(), _norms(inputs).tolist()
    columns = [sum(row[j] for row in sizes) for j in range(weight.shape[1])]
    scores = torch.tensor(
        [
            [(size / columns[j] + size / sum(row)) * norms[j] ** 0.5 for j, size in enumerate(row)]
            for row in sizes
        ]
    )
    return without_lowest(weight, scores, int(weight.shape[1] * 0.5))


def _magnitude(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    flat = weight.reshape(1, -1)
    return without_lowest(flat, flat.abs(), int(flat.numel() * 0.5)).view_as(weight)


def _magnitude_rows(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    return without_lowest(weight, weight.abs(), int(weight.shape[1] * 0.5))


def _in_fours(rule: Rule) -> Rule:
    """The rule on every four consecutive columns by themselves: 2:4 where it halves rows."""

    def apply(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
        parts = [
            rule(weight[:, start : start + 4], inputs[:, start : start + 4], name)
            for start in range(0, weight.shape[1], 4)
        ]
        return torch.cat(parts, dim=1)

    return apply


def _noise(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
    drawn = torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
    noise: Tensor = 0.3 * weight.std() * drawn
    return weight + noise


def _rounded(values: list[float], low: float, high: float, bits: int) -> list[float]:
    """Asymmetric min-max rounding of Python numbers."""
    low, high = min(low, 0.0), max(high, 0.0)
    step = (high - low) / (2**bits - 1)
    zero = round(-low / step)
    levels = [min(max(round(value / step) + zero, 0), 2**bits - 1) for value in values]
    return [step * (level - zero) for level in levels]


def _rtn(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    new = torch.empty_like(weight)
    for i in range(weight.shape[0]):
        for start in range(0, weight.shape[1], 16):
            group = weight[i, start : start + 16].tolist()
            new[i, start : start + 16] = torch.tensor(_rounded(group, min(group), max(group), 4))
    return new


def _inverse(inputs: Tensor) -> Tensor:
    hessian = 2 / len(inputs) * inputs.double().T @ inputs.double()
    damping = 0.01 * hessian.diagonal().mean()
    inverse: Tensor = (hessian + damping * torch.eye(len(hessian), dtype=torch.float64)).inverse()
    return inverse


def _eliminate(inverse: Tensor, j: int) -> Tensor:
    """The inverse Hessian of the inputs after j (SparseGPT, equation 4)."""
    return inverse - torch.outer(inverse[:, j], inverse[j]) / inverse[j, j]


def _sparsegpt(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    """Weights one by one from left to right, with the plain inverse Hessian of what is left."""
    new, inverse = weight.double().clone(), _inverse(inputs)
    inverses = [inverse]
    for j in range(weight.shape[1]):
        inverses.append(_eliminate(inverses[-1], j))
    scores = torch.stack([new[:, j] ** 2 / inverses[j][j, j] for j in range(weight.shape[1])], 1)
    flat = scores.flatten().tolist()
    chosen = sorted(range(len(flat)), key=lambda k: flat[k])[: int(len(flat) * 0.5)]
    gone = torch.zeros(len(flat), dtype=torch.bool)
    gone[chosen] = True
    gone = gone.view_as(scores)
    for j in range(weight.shape[1]):
        error = torch.where(gone[:, j], new[:, j], 0.0) / inverses[j][j, j]
        new -= torch.outer(error, inverses[j][j]) * (torch.arange(weight.shape[1]) >= j)
        new[gone[:, j], j] = 0
    return new.float()


def _sparsegpt_in_fours(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    new, inverse = weight.double().clone(), _inverse(inputs)
    inverses = [inverse]
    for j in range(weight.shape[1]):
        inverses.append(_eliminate(inverses[-1], j))
    for start in range(0, weight.shape[1], 4):
        gone = torch.zeros(weight.shape[0], 4, dtype=torch.bool)
        for i in range(weight.shape[0]):
            four = {
                k: float(new[i, start + k] ** 2 / inverses[start + k][start + k, start + k])
                for k in range(4)
            }
            for k in sorted(four, key=lambda k: four[k])[:2]:
                gone[i, k] = True
        for k in range(4):
            j = start + k
            error = torch.where(gone[:, k], new[:, j], 0.0) / inverses[j][j, j]
            new -= torch.outer(error, inverses[j][j]) * (torch.arange(weight.shape[1]) >= j)
            new[gone[:, k], j] = 0
    return new.float()


def _gptq(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    new, inverse = weight.double().clone(), _inverse(inputs)
    spans: dict[int, tuple[float, float]] = {}
    for j in range(weight.shape[1]):
        rounded = []
        for i in range(weight.shape[0]):
            if j % 16 == 0:
                group = new[i, j : j + 16].tolist()
                spans[i] = (min(group), max(group))
            rounded += _rounded([float(new[i, j])], *spans[i], bits=4)
        error = (new[:, j] - torch.tensor(rounded, dtype=torch.float64)) / inverse[j, j]
        new -= torch.outer(error, inverse[j]) * (torch.arange(weight.shape[1]) >= j)
        new[:, j] = torch.tensor(rounded)
        inverse = _eliminate(inverse, j)
    return new.float()


EXACT: dict[str, Rule] = {
    "wanda:0.5": _wanda,
    "wanda:2:4": _in_fours(_wanda),
    "ria:0.5": _ria,
    "magnitude:0.5": _magnitude,
    "magnitude:0.5+rows": _magnitude_rows,
    "magnitude:2:4": _in_fours(_magnitude_rows),
}


UPDATED: dict[str, Rule] = {
    "sparsegpt:0.5": _sparsegpt,
    "sparsegpt:2:4": _sparsegpt_in_fours,
    "rtn:4:16": _rtn,
    "noise:0.3": _noise,
}


# -- the engine against them ----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", EXACT)
def test_the_weights_that_go_are_those_of_the_formula(recipe: str, kind: str) -> None:
    model, ids = tiny_model(kind), calibration_ids()
    compressed = quietly(model, recipe, ids)
    expected = restated(model, kind, ids, EXACT[recipe])
    assert set(compressed.tensors) == set(expected)
    for name, tensor in compressed.tensors.items():
        assert torch.equal(tensor, expected[name]), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", UPDATED)
def test_changed_weights_are_those_of_the_formula(recipe: str, kind: str) -> None:
    model, ids = tiny_model(kind), calibration_ids()
    compressed = quietly(model, recipe, ids)
    expected = restated(model, kind, ids, UPDATED[recipe], compressed.tensors)
    assert set(compressed.tensors) == set(expected)
    for name, tensor in compressed.tensors.items():
        same_zeros = ((tensor == 0) == (expected[name] == 0)).float().mean()
        assert same_zeros >= 0.999, name
        assert (tensor - expected[name]).norm() <= 1e-3 * expected[name].norm(), name


@pytest.mark.parametrize("kind", KINDS)
def test_gptq_is_its_formula(kind: str) -> None:
    model, ids = tiny_model(kind), calibration_ids()
    compressed = quietly(model, "gptq:4:16", ids)
    expected = restated(model, kind, ids, _gptq, compressed.tensors)
    rows: list[bool] = []
    for matrix in (matrix for block in decoder_blocks(model) for matrix in prunable(block)):
        mine = matrix.matrices(compressed.tensors[matrix.name]).flatten(0, 1)
        theirs = matrix.matrices(expected[matrix.name]).flatten(0, 1)
        rows += ((mine - theirs).norm(dim=1) <= 1e-3 * theirs.norm(dim=1)).tolist()
    # A weight that lies half way between two levels, up to float32's precision, may go either
    # way, and the rest of its row with it.
    assert rows.count(False) <= len(rows) // 200


def _sort_and_mark(scores: Tensor, count: int) -> Tensor:
    marked = torch.zeros_like(scores, dtype=torch.bool)
    return marked.scatter(1, scores.sort(dim=1, stable=True).indices[:, :count], True)


def test_of_equal_scores_those_to_the_left_go_first() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 4, (40, 24), generator=generator).float()
    for count in (0, 1, 7, 24):
        assert torch.equal(lowest_per_row(scores, count), _sort_and_mark(scores, count))
    flat = _sort_and_mark(scores.reshape(1, -1), 301).view_as(scores)
    assert torch.equal(lowest_overall(scores, 301), flat)
    fours = _sort_and_mark(scores.reshape(-1, 4), 1).view_as(scores)
    assert torch.equal(lowest_of_every(scores, 3, 4), fours)


def test_sparsegpt_and_gptq_pass_errors_on_beyond_a_block_of_columns() -> None:
    generator = torch.Generator().manual_seed(1)
    mix = torch.randn(300, 300, generator=generator)
    inputs = torch.randn(2000, 300, generator=generator) @ mix
    inputs[:, 17] = 0
    weight = torch.randn(12, 300, generator=generator)
    statistics = InputStatistics(torch.zeros(300))
    statistics.add(inputs, keep=True)
    for written, rule in (("sparsegpt:2:4", _sparsegpt_in_fours), ("gptq:4:16", _gptq)):
        recipe = parse_recipe(written)
        compress = method_of(recipe).compress
        assert compress is not None
        target = Target(recipe, recipe.target_sparsity, "matrix")
        result = compress(weight, statistics, target).weight
        assert (result[:, 17] == 0).all()
        expected = rule(weight.index_fill(1, torch.tensor([17]), 0), inputs, "matrix")
        error = (result - expected).norm() / expected.norm()
        assert error <= 1e-3, written


def test_a_hessian_that_can_not_be_inverted_is_damped_more() -> None:
    near_singular = torch.full((64, 64), 1e6)
    near_singular.diagonal().add_(-2e4)
    result = inverse_hessian(near_singular, 1)
    assert result.note == "damping raised to 10%"
    damped = 2 * near_singular.double()
    damped.diagonal().add_(0.1 * damped.diagonal().mean())
    product = (result.factor.T @ result.factor).double() @ damped
    assert torch.allclose(product, torch.eye(64, dtype=torch.float64), atol=1e-2)


def test_activations_that_are_not_finite_are_a_clear_error() -> None:
    with pytest.raises(UserError, match="not finite"):
        inverse_hessian(torch.full((4, 4), torch.inf), 1)
