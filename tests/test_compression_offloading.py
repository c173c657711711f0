"""Models larger than the memory they are given, walked with accelerate's offloading."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import pytest
import torch
from accelerate.utils import OffloadedWeightsLoader
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

from engine.compression.cache import VariantKey, load_variant, store_variant
from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.compression.sampling import sample_sequences
from engine.compression.texts import CalibrationText
from engine.methods.recipes import parse_recipe
from engine.models.checkpoints import zeros_in_blocks
from engine.models.weights import exchanged_weights
from engine.records.errors import Cancelled
from tests.compression_helpers import calibration_ids, quietly
from tests.tiny_models import save_tiny_checkpoint, tiny_model, tiny_tokenizer

RECIPES = ("wanda:0.5", "sparsegpt:2:4", "wanda:0.5+owl", "magnitude:0.5", "ria:0.5+swaps")


def _offloaded(kind: str, where: str, directory: Path) -> PreTrainedModel:
    if where == "cpu":
        model = tiny_model(kind)
        importlib.import_module("accelerate").cpu_offload(
            model, execution_device=torch.device("cpu")
        )
        return model
    save_tiny_checkpoint(kind, directory / "checkpoint")
    loaded: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        directory / "checkpoint",
        device_map="auto",
        max_memory={"cpu": 150_000, "disk": 1 << 30},
        offload_folder=directory / "offload",
        dtype=torch.float32,
    )
    loaded.eval()
    return loaded


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gemma3", "qwen3_moe", "bloom"])
@pytest.mark.parametrize("where", ["cpu", "disk"])
def test_an_offloaded_model_is_compressed_all_the_same(
    kind: str, where: str, tmp_path: Path
) -> None:
    model, ids = _offloaded(kind, where, tmp_path), calibration_ids()
    places = {name: value.device for name, value in model.named_parameters()}
    assert any(place.type == "meta" for place in places.values())
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits
    for recipe in RECIPES:
        expected = quietly(tiny_model(kind), recipe, ids)
        compressed = quietly(model, recipe, ids)
        assert compressed.blocks == expected.blocks
        for name, tensor in compressed.tensors.items():
            assert torch.allclose(tensor, expected.tensors[name], atol=1e-6), (recipe, name)
    assert {name: value.device for name, value in model.named_parameters()} == places
    with torch.no_grad():
        assert torch.equal(model(ids, use_cache=False).logits, logits)
        with exchanged_weights(model, compressed.tensors):
            pruned = model(ids, use_cache=False).logits
        whole = tiny_model(kind)
        with exchanged_weights(whole, compressed.tensors):
            assert torch.allclose(pruned, whole(ids, use_cache=False).logits, atol=1e-5)


def test_a_cancelled_walk_leaves_an_offloaded_model_as_it_was(tmp_path: Path) -> None:
    model, ids = _offloaded("llama", "disk", tmp_path), calibration_ids()
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits
    left = 14

    def stop() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        compress(model, parse_recipe("wanda:0.5"), ids, Reporter(check=stop))
    with torch.no_grad():
        assert torch.equal(model(ids, use_cache=False).logits, logits)


def test_text_is_sampled_from_an_offloaded_model(tmp_path: Path) -> None:
    model = _offloaded("llama", "disk", tmp_path)
    text = CalibrationText("auto", sequences=2, tokens=12, seed=0)
    ids = [
        sample_sequences(each, tiny_tokenizer(), text, Reporter())
        for each in (model, tiny_model("llama"))
    ]
    assert torch.equal(*ids)


def test_a_block_is_fetched_once_while_it_is_compressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, ids = _offloaded("llama", "disk", tmp_path), calibration_ids(8, 24)
    fetched: Counter[str] = Counter()
    fetch = OffloadedWeightsLoader.__getitem__

    def counted(loader: OffloadedWeightsLoader, key: str) -> torch.Tensor:
        fetched[key] += 1
        tensor: torch.Tensor = fetch(loader, key)
        return tensor

    monkeypatch.setattr(OffloadedWeightsLoader, "__getitem__", counted)
    monkeypatch.setattr("engine.compression.walk.TOKENS_PER_BATCH", 24)
    quietly(model, "wanda:0.5", ids)
    inside = {key: count for key, count in fetched.items() if "layers.1." in key}
    assert inside
    assert set(inside.values()) == {1}


@pytest.mark.parametrize("recipe", ["wanda:0.5", "gptq:4:8"])
def test_a_variant_of_an_offloaded_model_is_kept_and_opened_again(
    recipe: str, tmp_path: Path
) -> None:
    model, ids = _offloaded("llama", "disk", tmp_path), calibration_ids()
    made = quietly(model, recipe, ids)
    key = VariantKey(weights_hash="w", recipe=recipe, calibration_hash="c", dtype="float32")
    store_variant(tmp_path, key, model, made)
    for same in (model, tiny_model("llama")):
        opened = load_variant(tmp_path, key, same)
        assert opened is not None
        assert opened.tensors.keys() == made.tensors.keys()
        assert all(torch.equal(opened.tensors[name], made.tensors[name]) for name in made.tensors)


def test_zeros_of_an_offloaded_model_are_counted(tmp_path: Path) -> None:
    model = _offloaded("llama", "disk", tmp_path)
    assert zeros_in_blocks(model) == zeros_in_blocks(tiny_model("llama"))


@pytest.mark.filterwarnings("ignore:Attempting to save a model with offloaded modules")
def test_an_offloaded_model_is_saved_with_its_new_weights(tmp_path: Path) -> None:
    model, ids = _offloaded("llama", "disk", tmp_path), calibration_ids()
    made = quietly(model, "wanda:0.5", ids)
    with exchanged_weights(model, made.tensors):
        model.save_pretrained(tmp_path / "saved")
    saved = AutoModelForCausalLM.from_pretrained(tmp_path / "saved", dtype=torch.float32)
    assert all(torch.equal(saved.get_parameter(name), made.tensors[name]) for name in made.tensors)
