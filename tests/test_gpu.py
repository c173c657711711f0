"""On an accelerator: the same figures, the same masks, and the memory comes back.

Run by `make gpu`. Where there is no accelerator these tests are skipped.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.decoding.decoder import Decoder
from engine.decoding.redecode import redecode
from engine.models.devices import accelerator_kind, choose_placement, device_memory
from engine.models.variants import Variants, room_for_variants
from engine.models.weights import in_host_memory
from engine.records.decodings.beam import Beam
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.scores import ScoredItem
from engine.scoring.items import score_batch
from engine.scoring.packing import takes_tries
from engine.scoring.prepared import prepare_item
from tests.compression_helpers import calibration_ids, quietly
from tests.test_scoring import ITEMS, SETTINGS, shaken
from tests.tiny_models import KINDS, tiny_model, tiny_tokenizer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(accelerator_kind() is None, reason="torch sees no accelerator"),
]

NEAR_TIES = 2
"""Weights of a matrix whose place may be taken by another one: two scores are so near that the sums
behind them, added up in another order, turn them."""


@pytest.fixture
def device() -> Iterator[str]:
    """The first accelerator; afterwards no test's tensors are left on it."""
    name = f"{accelerator_kind()}:0"
    yield name
    gc.collect()
    torch.accelerator.empty_cache()


def scores(model: PreTrainedModel, memory_bytes: int) -> list[ScoredItem]:
    """The items of the tests of scoring, under the dense and another variant."""
    tokenizer = tiny_tokenizer(chat=True)
    variants = Variants(model, memory_bytes)
    variants.add("shaken", shaken(tiny_model(model.config.model_type)))
    batch = [prepare_item(item, tokenizer, SETTINGS) for item in ITEMS]
    packed = takes_tries(model, [prepared.open.ids for prepared in batch], lambda: None)
    return score_batch(variants, tokenizer, batch, SETTINGS, lambda: None, packed=packed)


def figures(scored: list[ScoredItem]) -> Tensor:
    """Every log-likelihood, probability and divergence."""
    found: list[float] = []
    for one in scored:
        for its in one.scores.values():
            assert its.gold is not None
            found += [token.probability for token in its.gold.tokens]
            found += [option.log_likelihood for option in its.choice.options] if its.choice else []
            found += [its.kl_vocabulary or 0.0, its.kl_options or 0.0, its.top_margin or 0.0]
    return torch.tensor(found)


@pytest.mark.parametrize("kind", ["llama", "qwen3", "mistral", "phi3"])
def test_figures_are_those_of_the_cpu(kind: str, device: str) -> None:
    on_cpu = figures(scores(tiny_model(kind), 0))
    on_device = figures(scores(tiny_model(kind).to(device), 2**40))  # type: ignore[arg-type]  # str
    assert torch.allclose(on_device, on_cpu, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", ["wanda:0.5", "wanda:2:4", "magnitude:0.5", "ria:0.5+swaps"])
def test_masks_are_those_of_the_cpu_but_for_near_ties(kind: str, recipe: str, device: str) -> None:
    ids = calibration_ids()
    expected = quietly(tiny_model(kind), recipe, ids)
    found = quietly(tiny_model(kind).to(device), recipe, ids)  # type: ignore[arg-type]  # str
    for name, tensor in found.tensors.items():
        assert tensor.device.type == "cpu"
        differing = (tensor == 0) != (expected.tensors[name] == 0)
        assert int(differing.sum()) <= 2 * NEAR_TIES, name


@pytest.mark.parametrize("recipe", ["sparsegpt:0.5", "gptq:4:8"])
def test_methods_that_update_weights_run_there(recipe: str, device: str) -> None:
    ids = calibration_ids()
    expected = quietly(tiny_model("llama"), recipe, ids)
    found = quietly(tiny_model("llama").to(device), recipe, ids)  # type: ignore[arg-type]  # str
    for name, tensor in found.tensors.items():
        # A weight on the edge of two values of the grid may fall to either side.
        close = torch.isclose(tensor, expected.tensors[name], atol=1e-3)
        assert float(close.float().mean()) > 0.95, name


def test_variants_are_exchanged_with_and_without_room(device: str) -> None:
    with_room, without = (
        scores(tiny_model("llama").to(device), memory_bytes)  # type: ignore[arg-type]  # str
        for memory_bytes in (2**40, 0)
    )
    assert with_room == without
    model = tiny_model("llama").to(device)  # type: ignore[arg-type]  # str
    before = {name: weight.cpu() for name, weight in model.named_parameters()}
    variants = Variants(model, 0)
    for name in ("first", "second"):
        variants.add(name, shaken(tiny_model("llama")))
    for name in ("first", "second", "dense", "first"):
        with variants.using(name):
            tensors = variants.tensors(name)
            for full_name, weight in model.named_parameters():
                assert torch.equal(weight.cpu(), tensors.get(full_name, before[full_name]))
    assert all(torch.equal(weight.cpu(), before[name]) for name, weight in model.named_parameters())


def test_weights_that_wait_are_pinned(device: str) -> None:
    kept = in_host_memory(torch.ones(4, device=device))
    assert kept.device.type == "cpu"
    assert kept.is_pinned() == (torch.device(device).type != "mps")


@pytest.mark.parametrize("decoding", [Beam(), Sample(count=4), OneShot()], ids=str)
def test_re_decodes_run_there(decoding: Decoding, device: str) -> None:
    model = tiny_model("llama").to(device)  # type: ignore[arg-type]  # str
    decoder = Decoder(
        model=model,
        tokenizer=tiny_tokenizer(chat=True),
        settings=SETTINGS,
        packed=lambda prompts: takes_tries(model, prompts, lambda: None),
        on_step=lambda *_: None,
        check=lambda: None,
    )
    items = [item for item in ITEMS if item.language == "en"]
    for result in redecode(decoder, items, "dense", decoding, items):
        assert result.hypotheses


def test_memory_comes_back(device: str) -> None:
    def allocated() -> int:
        gc.collect()
        if torch.device(device).type == "mps":
            return torch.mps.current_allocated_memory()
        return int(torch.get_device_module(device).memory_allocated(device))

    scores(tiny_model("llama").to(device), 2**40)  # type: ignore[arg-type]  # str
    quietly(tiny_model("llama").to(device), "sparsegpt:0.5", calibration_ids())  # type: ignore[arg-type]  # str
    once = allocated()
    for _ in range(3):
        scores(tiny_model("llama").to(device), 2**40)  # type: ignore[arg-type]  # str
        quietly(tiny_model("llama").to(device), "sparsegpt:0.5", calibration_ids())  # type: ignore[arg-type]  # str
    assert allocated() <= once


def test_a_placement_leaves_room_for_activations(device: str) -> None:
    placement = choose_placement(device, "auto")
    assert placement.devices == (device,)
    model = tiny_model("llama").to(device)  # type: ignore[arg-type]  # str
    assert 0 < room_for_variants(model, placement) < device_memory(device).total
