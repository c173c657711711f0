"""+bias: what a layer gives on average is what it gave before."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.compression.biases import has_biases
from engine.records.errors import UserError
from engine.records.protocol import Remedy, RemedyFound, RunFinished, StartRun
from tests.compression_helpers import blocks_of, calibration_ids, quietly, recorded_inputs
from tests.engine_process import Engine, tiny_settings
from tests.tiny_models import save_tiny_checkpoint, tiny_model


@pytest.mark.parametrize("recipe", ["wanda:0.5", "sparsegpt:2:4", "magnitude:0.5"])
@pytest.mark.parametrize("kind", ["qwen2", "opt", "gpt2", "bloom"])
@torch.no_grad()
def test_a_bias_makes_up_for_what_its_weights_lose_on_average(kind: str, recipe: str) -> None:
    """Literally: for every layer the mean, over the tokens that came by, of (W - W')x."""
    model, ids = tiny_model(kind), calibration_ids()
    plain, compressed = (quietly(model, name, ids) for name in (recipe, f"{recipe}+bias"))
    assert has_biases(model)
    assert plain.blocks == compressed.blocks
    walked = copy.deepcopy(model)
    expected: dict[str, torch.Tensor] = {}
    for prefix, block in blocks_of(walked, kind):
        inputs = recorded_inputs(walked, block, ids)
        for name, tokens in inputs.items():
            layer: Any = block.get_submodule(name)
            weight, bias = layer.weight, layer.bias
            new = compressed.tensors[f"{prefix}.{name}.weight"]
            if bias is not None:
                lost = (weight - new).T if not isinstance(layer, torch.nn.Linear) else weight - new
                losses = torch.stack([lost @ token for token in tokens])
                expected[f"{prefix}.{name}.bias"] = bias + losses.mean(0)
        for name, parameter in block.named_parameters():
            if f"{prefix}.{name}" in compressed.tensors:
                parameter.copy_(compressed.tensors[f"{prefix}.{name}"])
    biases = {name for name in compressed.tensors if name.endswith("bias")}
    assert biases == set(expected)
    assert set(compressed.tensors) - biases == set(plain.tensors)
    for name in biases:
        assert torch.allclose(compressed.tensors[name], expected[name], atol=1e-5), name
    [note] = [note for note in compressed.notes if note.startswith("+bias")]
    assert f"{len(biases)} of {len(plain.tensors)}" in note


def test_a_model_without_biases_is_refused() -> None:
    with pytest.raises(UserError, match="no layer in the blocks of LlamaForCausalLM has a bias"):
        quietly(tiny_model("llama"), "wanda:0.5+bias", calibration_ids())


def test_biases_are_a_lever_where_there_are_any(engine: Engine, tmp_path: Path) -> None:
    checkpoint = save_tiny_checkpoint("qwen2", tmp_path / "tiny")
    engine.send(StartRun(settings=tiny_settings(checkpoint), directory=str(tmp_path / "run")))
    engine.until(RunFinished)
    engine.send(Remedy(control="currencies"))
    found = engine.until(RemedyFound)
    assert isinstance(found, RemedyFound)
    assert "wanda:0.5+bias" in {trial.recipe for trial in found.report.trials}
    biased = [row for row in found.report.rows if row.recipe == "wanda:0.5+bias"]
    assert all(row.changes == ("+bias",) for row in biased)
    assert all(row.achieved_sparsity == found.report.variant.achieved_sparsity for row in biased)
