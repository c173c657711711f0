"""Wanda on every architecture, and what holds for compression under any recipe."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.methods.recipes import parse_recipe
from engine.records.errors import Cancelled, UserError
from tests.compression_helpers import calibration_ids, quietly, restated, without_lowest
from tests.tiny_models import KINDS, tiny_model


def _wanda(weight: Tensor, inputs: Tensor, name: str) -> Tensor:
    norms = torch.stack([inputs[:, column].norm(2) for column in range(inputs.shape[1])])
    return without_lowest(weight, weight.abs() * norms, int(weight.shape[1] * 0.45))


@pytest.mark.parametrize("kind", KINDS)
def test_wanda_is_its_formula(kind: str) -> None:
    model, ids = tiny_model(kind), calibration_ids()
    expected = restated(model, kind, ids, _wanda)
    compressed = quietly(model, "wanda:0.45", ids)
    assert set(compressed.tensors) == set(expected)
    for name, tensor in compressed.tensors.items():
        assert torch.equal(tensor, expected[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_only_linear_layers_of_the_blocks_change(kind: str) -> None:
    model = tiny_model(kind)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    compressed = quietly(model, "wanda:0.5", calibration_ids())
    for name in compressed.tensors:
        assert not any(part in name for part in ("norm", "ln_", "embed", "wte", "head")), name
        assert compressed.tensors[name].shape == before[name].shape
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_cancelled_walk_leaves_the_model_as_it_was() -> None:
    model = tiny_model("qwen3")
    ids = calibration_ids()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        logits = model(ids).logits
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    recipe = parse_recipe("wanda:0.5")
    compress(model, recipe, ids, Reporter(check=count))
    for limit in range(0, calls, 4):
        left = limit

        def stop() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Cancelled

        with pytest.raises(Cancelled):
            compress(model, recipe, ids, Reporter(check=stop))
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        assert torch.equal(model(ids).logits, logits)


def test_progress_counts_blocks_and_zeros_are_counted() -> None:
    model = tiny_model("llama")
    steps: list[tuple[int, int]] = []
    compressed = compress(
        model,
        parse_recipe("wanda:0.5"),
        calibration_ids(),
        Reporter(lambda detail, done, total: steps.append((done, total))),
    )
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert [block.block for block in compressed.blocks] == [0, 1, 2]
    zeros = sum(int((tensor == 0).sum()) for tensor in compressed.tensors.values())
    assert sum(block.zeros for block in compressed.blocks) == zeros
    assert all(block.sparsity == 0.5 for block in compressed.blocks)


def test_experts_that_no_token_reaches_are_named() -> None:
    model = tiny_model("qwen3_moe")
    compressed = quietly(model, "wanda:0.5", calibration_ids(sequences=1, tokens=1))
    unreached = [note for note in compressed.notes if "no calibration token" in note]
    assert unreached
    assert all("experts" in note for note in unreached)
    for name, tensor in compressed.tensors.items():
        assert (tensor == 0).float().mean() == pytest.approx(0.5), name


def test_a_layer_that_is_never_used_stays_as_it_is() -> None:
    model = tiny_model("llama")
    block = model.get_submodule("model.layers.1.mlp")
    block.add_module("spare", torch.nn.Linear(32, 32, bias=False))
    for recipe in ("wanda:0.5", "sparsegpt:0.5+owl"):
        compressed = quietly(model, recipe, calibration_ids())
        assert "model.layers.1.mlp.spare.weight" not in compressed.tensors
        assert compressed.notes == (
            "model.layers.1.mlp.spare.weight: no calibration token came by; left as it was",
        )


def test_a_pattern_that_does_not_divide_a_layer_is_refused() -> None:
    with pytest.raises(UserError, match=r"layers.0.*32 input features.*multiple of 5"):
        quietly(tiny_model("llama"), "wanda:2:5", calibration_ids())
