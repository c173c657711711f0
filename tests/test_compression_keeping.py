"""Variants that are kept: in the cache, and as checkpoints."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest
import torch
from transformers.models.auto.modeling_auto import AutoModelForCausalLM
from transformers.models.auto.tokenization_auto import AutoTokenizer

from engine.compression.cache import (
    VariantKey,
    load_variant,
    store_variant,
)
from engine.compression.saving import save_checkpoint
from engine.models.weights import exchanged_weights
from engine.records.errors import UserError
from engine.records.manifest import (
    CalibrationRecord,
    ItemsRecord,
    Manifest,
    ModelRecord,
    VariantRecord,
)
from engine.records.settings import Settings
from tests.compression_helpers import calibration_ids, quietly
from tests.tiny_models import KINDS, tiny_model, tiny_tokenizer


def _key(recipe: str) -> VariantKey:
    return VariantKey(weights_hash="w", recipe=recipe, calibration_hash="c", dtype="float32")


@pytest.mark.parametrize("kind", ["llama", "gpt2", "qwen3_moe"])
@pytest.mark.parametrize("recipe", ["wanda:0.5", "sparsegpt:0.5", "rtn:4:16", "wanda:0.5+swaps"])
def test_a_cached_variant_is_the_one_that_was_made(kind: str, recipe: str, tmp_path: Path) -> None:
    model = tiny_model(kind)
    made = quietly(model, recipe, calibration_ids())
    assert load_variant(tmp_path, _key(recipe), model) is None
    store_variant(tmp_path, _key(recipe), model, made)
    opened = load_variant(tmp_path, _key(recipe), model)
    assert opened is not None
    assert (opened.blocks, opened.notes) == (made.blocks, made.notes)
    assert set(opened.tensors) == set(made.tensors)
    assert all(torch.equal(made.tensors[name], opened.tensors[name]) for name in made.tensors)
    assert load_variant(tmp_path, _key("wanda:0.6"), model) is None
    other = msgspec.structs.replace(_key(recipe), calibration_hash="d")
    assert load_variant(tmp_path, other, model) is None


def test_masks_take_a_bit_a_weight(tmp_path: Path) -> None:
    model = tiny_model("llama")
    made = quietly(model, "wanda:0.5", calibration_ids())
    store_variant(tmp_path, _key("wanda:0.5"), model, made)
    weights = sum(tensor.numel() for tensor in made.tensors.values())
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_size < weights / 8 + 5000


def test_the_least_recently_used_variants_go_first(tmp_path: Path) -> None:
    model = tiny_model("llama")
    made = quietly(model, "magnitude:0.5", calibration_ids())
    for age, recipe in enumerate(("magnitude:0.1", "magnitude:0.2", "magnitude:0.3")):
        store_variant(tmp_path, _key(recipe), model, made)
        os.utime(tmp_path / _key(recipe).file_name, (0, time.time() - 100 + age))
    size = (tmp_path / _key("magnitude:0.1").file_name).stat().st_size
    assert load_variant(tmp_path, _key("magnitude:0.1"), model) is not None
    store_variant(tmp_path, _key("magnitude:0.4"), model, made, limit_bytes=3 * size + 9)
    left = {_key(f"magnitude:{share}").file_name for share in (0.1, 0.3, 0.4)}
    assert {path.name for path in tmp_path.iterdir()} == left
    store_variant(tmp_path, _key("magnitude:0.5"), model, made, limit_bytes=9)
    assert {path.name for path in tmp_path.iterdir()} == left


def test_a_file_that_is_cut_short_counts_as_absent(tmp_path: Path) -> None:
    model = tiny_model("llama")
    made = quietly(model, "wanda:0.5", calibration_ids())
    store_variant(tmp_path, _key("wanda:0.5"), model, made)
    path = tmp_path / _key("wanda:0.5").file_name
    for length in (0, 5, 300, path.stat().st_size - 10):
        path.write_bytes(path.read_bytes()[:length] if path.exists() else b"x" * length)
        assert load_variant(tmp_path, _key("wanda:0.5"), model) is None
        store_variant(tmp_path, _key("wanda:0.5"), model, made)
    assert load_variant(tmp_path, _key("wanda:0.5"), model) is not None


def _manifest(name: str) -> Manifest:
    return Manifest(
        settings=Settings(recipes=(name,)),
        items=ItemsRecord(source="", hash="", count=0),
        created="2026-01-01T00:00:00+00:00",
        model=ModelRecord(name="tiny", source="directory", architecture="x", parameters=1),
        calibration=CalibrationRecord(source="auto", hash="abc", seed=0, sequences=6, tokens=24),
        variants=(VariantRecord(name=name, label=name, notes=("block 0: damping raised",)),),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_checkpoint_gives_the_same_logits(kind: str, tmp_path: Path) -> None:
    model, ids = tiny_model(kind), calibration_ids()
    made = quietly(model, "sparsegpt:0.5", ids)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    save_checkpoint(
        model, tiny_tokenizer(), made.tensors, tmp_path / "saved", _manifest("sparsegpt:0.5")
    )
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "saved", dtype=torch.float32).eval()
    with torch.no_grad(), exchanged_weights(model, made.tensors):
        assert torch.equal(loaded(ids, use_cache=False).logits, model(ids, use_cache=False).logits)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert tokenizer("Paris")["input_ids"] == tiny_tokenizer()("Paris")["input_ids"]
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_the_model_card_holds_recipe_and_manifest(tmp_path: Path) -> None:
    model = tiny_model("llama")
    manifest = _manifest("wanda:0.5")
    save_checkpoint(model, tiny_tokenizer(), {}, tmp_path / "saved", manifest)
    card = (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
    assert "recipe: `wanda:0.5`" in card
    assert 'base_model: "tiny"' in card
    assert "damping raised" in card
    stored = card.split("```json\n")[1].split("```")[0]
    assert msgspec.json.decode(stored, type=Manifest) == manifest


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        save_checkpoint(tiny_model("llama"), tiny_tokenizer(), {}, tmp_path, _manifest("rtn:4"))
    assert (tmp_path / "precious.txt").read_text() == "mine"
