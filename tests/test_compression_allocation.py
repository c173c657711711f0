"""How sparsity is spread over blocks."""

from __future__ import annotations

import pytest
import torch

from engine.compression.allocation import (
    GOLD_SPREAD,
    gold_sparsities,
    linear_sparsities,
    owl_sparsities,
    shuffled_gains,
)
from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from tests.compression_helpers import blocks_of, calibration_ids, quietly, recorded_inputs
from tests.tiny_models import tiny_model


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gemma3", "qwen3_moe"])
def test_owl_counts_outliers_of_the_dense_model(kind: str) -> None:
    model, ids = tiny_model(kind), calibration_ids()
    with torch.no_grad():
        # Outliers, more in later blocks: a few inputs of every layer matter far more than others.
        for index, (_, block) in enumerate(blocks_of(model, kind)):
            for name, parameter in block.named_parameters():
                if parameter.ndim > 1 and "gate.weight" not in name:
                    parameter[..., : index + 1] *= 12
    model.set_experts_implementation("eager")
    shares = []
    for _, block in blocks_of(model, kind):
        inputs = recorded_inputs(model, block, ids)
        scores = []
        for name, seen in inputs.items():
            expert = name.split(".")[-1]
            weight = (
                getattr(block.get_submodule("mlp.experts"), name.split(".")[-2])[int(expert)]
                if expert.isdecimal()
                else block.get_submodule(name).get_parameter("weight")
            )
            weight = weight.T if kind == "gpt2" else weight
            scores.append((weight.detach().abs() * seen.norm(dim=0)).flatten())
        joined = torch.cat(scores)
        shares.append(float((joined > 5 * joined.mean()).float().mean()))
    low, high = min(shares), max(shares)
    assert high > low
    raised = [(share - low) / (high - low) * 0.16 for share in shares]
    mean = sum(raised) / len(raised)
    expected = [0.5 - (value - mean) for value in raised]
    compressed = quietly(model, "magnitude:0.5+owl", ids)
    for block_sparsity, sparsity in zip(compressed.blocks, expected, strict=True):
        assert block_sparsity.sparsity == pytest.approx(sparsity, abs=2e-3)


def test_the_mean_stays_at_the_target() -> None:
    for target in (0.05, 0.3, 0.5, 0.7, 0.97):
        for sparsities in (
            linear_sparsities(target, 30),
            owl_sparsities(target, [0.1, 0.4, 0.2, 0.2, 0.9]),
        ):
            assert sum(sparsities) / len(sparsities) == pytest.approx(target)
            assert min(sparsities) >= -1e-9
            assert max(sparsities) <= 1 + 1e-9


def test_owl_prunes_blocks_with_more_outliers_less_within_its_range() -> None:
    sparsities = owl_sparsities(0.6, [0.01, 0.05, 0.03])
    assert sparsities == pytest.approx([0.68, 0.52, 0.60])
    assert owl_sparsities(0.6, [0.02, 0.02]) == [0.6, 0.6]


def test_linear_grows_by_the_same_step() -> None:
    assert linear_sparsities(0.5, 5) == pytest.approx([0.44, 0.47, 0.5, 0.53, 0.56])
    assert linear_sparsities(0.05, 3) == pytest.approx([0.0, 0.05, 0.1])
    assert linear_sparsities(0.5, 1) == [0.5]


def test_blocks_get_the_sparsity_that_was_allocated() -> None:
    compressed = quietly(tiny_model("mistral"), "wanda:0.5+linear", calibration_ids())
    achieved = [block.sparsity for block in compressed.blocks]
    assert achieved == pytest.approx([0.44, 0.5, 0.56], abs=0.03)


def test_gold_spares_the_quarter_of_blocks_that_gains_most() -> None:
    gains = [0.1, 0.9, -0.2, 0.3, 0.8, 0.0, 0.2, 0.05]
    weights = [100, 100, 100, 100, 300, 100, 100, 100]
    sparsities = gold_sparsities(0.5, gains, weights)
    assert sparsities[1] == sparsities[4] == pytest.approx(0.5 - GOLD_SPREAD)
    assert len({value for block, value in enumerate(sparsities) if block not in (1, 4)}) == 1
    zeros = sum(share * count for share, count in zip(sparsities, weights, strict=True))
    assert zeros / sum(weights) == pytest.approx(0.5)
    for target in (0.02, 0.98):
        extreme = gold_sparsities(target, gains, weights)
        assert min(extreme) >= -1e-9
        assert max(extreme) <= 1 + 1e-9
        zeros = sum(share * count for share, count in zip(extreme, weights, strict=True))
        assert zeros / sum(weights) == pytest.approx(target)
    assert sorted(shuffled_gains(gains, 1)) == sorted(gains)
    assert shuffled_gains(gains, 1) == shuffled_gains(gains, 1) != gains


@pytest.mark.parametrize("recipe", ["magnitude:0.5+gold", "magnitude:0.5+shuffled"])
def test_an_allocation_by_answers_keeps_the_sparsity(recipe: str) -> None:
    model, ids = tiny_model("llama"), calibration_ids()
    gains = [float(block) for block, _ in enumerate(blocks_of(model, "llama"))]
    compressed = compress(model, parse_recipe(recipe), ids, Reporter(), gains=gains)
    shares = [block.sparsity for block in compressed.blocks]
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=0.01)
    assert len(set(shares)) > 1
    with pytest.raises(ValueError, match="gold sensitivity"):
        compress(model, parse_recipe(recipe), ids, Reporter())


def test_kept_blocks_stay_dense_and_the_others_see_their_outputs() -> None:
    model, ids = tiny_model("llama"), calibration_ids()
    compressed = quietly(model, "wanda:0.5+keep=1", ids)
    first, kept, *_ = compressed.blocks
    assert (kept.zeros, kept.weights) == (0, first.weights)
    assert not any(".layers.1." in name for name in compressed.tensors)
    plain = quietly(model, "wanda:0.5", ids)
    for name, tensor in plain.tensors.items():
        if ".layers.0." in name:
            assert torch.equal(compressed.tensors[name], tensor)
    with pytest.raises(UserError, match="has 3 blocks"):
        quietly(model, "wanda:0.5+keep=9", ids)
