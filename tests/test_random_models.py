"""The random models of the benchmarks, shrunken, on this machine's CPU."""

from __future__ import annotations

import pytest
import torch

from tests.random_models import SHAPES, matrix_parameters, random_model, scaled


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("billions", [0.5, 8])
def test_a_configuration_has_about_the_parameters_that_are_asked_for(
    shape: str, billions: float
) -> None:
    config = scaled(shape, billions * 1e9, least_vocabulary=49_152)
    assert matrix_parameters(config) == pytest.approx(billions * 1e9, rel=0.25)
    full = SHAPES[shape]
    for name in ("intermediate_size", "num_attention_heads"):
        of_full = full[name] / full["hidden_size"]
        assert config[name] / config["hidden_size"] == pytest.approx(of_full, rel=0.05)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("embedded")
def test_a_shrunken_shape_computes(shape: str) -> None:
    model, tokenizer = random_model(shape, 0.04, "cpu", torch.float32)
    wanted = matrix_parameters(scaled(shape, 0.04e9, len(tokenizer)))
    assert sum(weight.numel() for weight in model.parameters()) == pytest.approx(wanted, rel=0.01)
    ids = torch.tensor([tokenizer("The capital of France is")["input_ids"]])
    assert int(ids.max()) < model.config.vocab_size
    logits = model(input_ids=ids).logits
    assert logits.shape == (1, ids.shape[1], model.config.vocab_size)
    assert bool(logits.isfinite().all())
    assert torch.equal(logits, random_model(shape, 0.04, "cpu", torch.float32)[0](ids).logits)
