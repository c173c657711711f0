"""Devices and number formats: what is asked for, and what is there."""

from __future__ import annotations

import psutil
import pytest
import torch

from engine.models.devices import (
    DTYPES,
    choose_placement,
    device_memory,
    device_name,
    every_device,
    number_formats,
    resolve_device,
)
from engine.models.loading import placing
from engine.models.variants import Variants, room_for_variants
from engine.models.weights import exchange_weight, in_host_memory
from engine.records.errors import UserError
from tests.tiny_models import tiny_model


@pytest.mark.parametrize(
    ("asked", "kind", "count", "found"),
    [
        ("auto", None, 0, "cpu"),
        ("auto", "cuda", 2, "cuda"),
        ("auto", "mps", 1, "mps"),
        ("cpu", "cuda", 2, "cpu"),
        ("cuda", "cuda", 2, "cuda"),
        ("cuda:1", "cuda", 2, "cuda:1"),
        ("xpu:0", "xpu", 1, "xpu:0"),
        ("mps:0", "mps", 1, "mps:0"),
    ],
)
def test_a_device_is_what_the_user_calls_it(
    asked: str, kind: str | None, count: int, found: str
) -> None:
    assert resolve_device(asked, kind, count) == found


@pytest.mark.parametrize(
    ("asked", "kind", "count", "message"),
    [
        ("cuda", None, 0, "device 'cuda' is not there: torch sees no accelerator"),
        ("cuda:2", "cuda", 2, "device 'cuda:2' is not there: torch sees cuda:0, cuda:1"),
        ("cuda:x", "cuda", 1, "device 'cuda:x' is not there: torch sees cuda:0"),
        ("cuda:", "mps", 1, "device 'cuda:' is not there: torch sees mps:0"),
        ("mps", "xpu", 1, "device 'mps' is not there: torch sees xpu:0"),
        ("gpu", "cuda", 1, "device 'gpu' is not known"),
        ("cpu:0", None, 0, "device 'cpu:0' is not known"),
    ],
)
def test_a_device_that_is_not_there_is_refused(
    asked: str, kind: str | None, count: int, message: str
) -> None:
    with pytest.raises(UserError) as refused:
        resolve_device(asked, kind, count)
    assert refused.value.message == message
    assert "auto" in refused.value.hint or "--device cpu" in refused.value.hint


def test_every_device_tells_its_name_formats_and_memory() -> None:
    for device in every_device():
        assert device_name(device)
        formats = number_formats(device)
        assert "float32" in formats
        assert set(formats) <= DTYPES.keys()
        free, total = device_memory(device)
        assert 0 < free <= total


def test_the_cpu_is_placed_with_its_own_memory_and_limited_on_request() -> None:
    placement = choose_placement("cpu", "auto")
    assert placement.dtype == ("bfloat16" if "bfloat16" in number_formats("cpu") else "float32")
    assert placement.devices == ("cpu",)
    assert not placement.has_own_memory
    assert placement.memory_bytes <= psutil.virtual_memory().total
    assert placing(placement) == {}
    limited = choose_placement("cpu", "float32", max_memory_gib=0.5)
    assert (limited.memory_bytes, limited.limited) == (2**29, True)
    with pytest.raises(UserError, match="float8"):
        choose_placement("cpu", "float8")


def test_what_a_limit_leaves_for_variants_is_less_the_model_itself() -> None:
    model = tiny_model("llama")
    own = sum(parameter.nbytes for parameter in model.parameters())
    limited = choose_placement("cpu", "float32", max_memory_gib=2 * own / 2**30)
    assert room_for_variants(model, limited) == pytest.approx(own, abs=1)
    assert room_for_variants(model, choose_placement("cpu", "float32")) > own


def test_weights_without_room_for_both_are_copied_over_each_other() -> None:
    linear = torch.nn.Linear(3, 2, bias=False).requires_grad_(False)
    own, other = in_host_memory(linear.weight), torch.ones(2, 3)
    storage = linear.weight.data_ptr()
    put_back = exchange_weight(linear, "weight", other, waiting=own.clone())
    assert torch.equal(linear.weight, other)
    put_back()
    assert torch.equal(linear.weight, own)
    assert linear.weight.data_ptr() == storage
    assert torch.equal(other, torch.ones(2, 3))


def test_on_a_cpu_variants_always_have_room() -> None:
    model = tiny_model("llama")
    variants = Variants(model, 0)
    name, weight = next(iter(model.named_parameters()))
    variants.add("zero", {name: torch.zeros_like(weight)})
    storage = weight.data_ptr()
    with variants.using("zero"):
        assert not model.get_parameter(name).any()
    assert model.get_parameter(name).data_ptr() == storage
    assert model.get_parameter(name).any()
