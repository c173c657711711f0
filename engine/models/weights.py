"""Reading and exchanging weights, wherever accelerate keeps them.

A weight that accelerate has offloaded is a tensor without storage ("meta"), and its values come
from a map on the module's hook whenever the module computes. It is exchanged in that map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import torch
from accelerate.utils import align_module_device, has_offloaded_params
from torch import Tensor, nn
from transformers import PreTrainedModel

from engine.models.devices import accelerator_kind

Undo = Callable[[], None]


@contextmanager
def weights_at_hand(module: nn.Module) -> Iterator[None]:
    """A module's own parameters are on the device that it computes on meanwhile."""
    with align_module_device(module):
        yield


def copy_weight(module: nn.Module, name: str) -> Tensor:
    """A copy of a module's own parameter, on the device that the module computes on."""
    with weights_at_hand(module):
        parameter: Tensor = getattr(module, name)
        return parameter.detach().clone()


def read_weight(model: PreTrainedModel, full_name: str) -> Tensor:
    """A parameter's values in host memory, by its full name; not to be written to."""
    path, _, name = full_name.rpartition(".")
    module = model.get_submodule(path)
    with weights_at_hand(module):
        parameter: Tensor = getattr(module, name)
        return parameter.detach().to("cpu")


def own_weight(model: PreTrainedModel, full_name: str) -> Tensor:
    """A parameter's values where they are kept, by its full name; not to be written to.

    The tensor stays what it is when the parameter's is exchanged for another one.
    """
    path, _, name = full_name.rpartition(".")
    module = model.get_submodule(path)
    if has_offloaded_params(module):
        hook: Any = module._hf_hook
        kept: Tensor = hook.weights_map[name]
        return kept
    parameter: Tensor = getattr(module, name)
    return parameter.detach()


@contextmanager
def weights_resident(module: nn.Module) -> Iterator[None]:
    """A module, and all modules in it, keep their offloaded weights where they compute meanwhile.

    They are fetched once then, not at every call.
    """
    undo: list[Undo] = []
    try:
        for part in module.modules():
            if not has_offloaded_params(part):
                continue
            hook: Any = part._hf_hook
            for name, _ in part.named_parameters(recurse=False):
                here = hook.weights_map[name].to(hook.execution_device)
                undo.append(exchange_weight(part, name, here))
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def exchange_weight(
    module: nn.Module, name: str, tensor: Tensor, *, waiting: Tensor | None = None
) -> Undo:
    """Let a module compute with another tensor; the function returned puts its own back.

    Where the device has no room for both, `waiting` is a copy of the module's own in host memory,
    and values are copied over each other.
    """
    if has_offloaded_params(module):
        hook: Any = module._hf_hook
        own_map = hook.weights_map
        hook.weights_map = _Overlaid(own_map, {name: tensor})

        def uncover() -> None:
            hook.weights_map = own_map

        return uncover
    parameter: Tensor = getattr(module, name)
    if waiting is not None:
        own_values = waiting
        parameter.data.copy_(tensor, non_blocking=True)

        def copy_back() -> None:
            parameter.data.copy_(own_values, non_blocking=True)

        return copy_back
    own = parameter.data
    parameter.data = tensor.to(device=own.device, dtype=own.dtype)

    def put_back() -> None:
        parameter.data = own

    return put_back


@contextmanager
def exchanged_weights(
    model: PreTrainedModel,
    tensors: Mapping[str, Tensor],
    *,
    waiting: Mapping[str, Tensor] = MappingProxyType({}),
) -> Iterator[None]:
    """The model has other weights meanwhile, by full parameter name.

    `waiting` has copies of the model's own in host memory, of those that have no room beside the
    others on their device.
    """
    undo: list[Undo] = []
    try:
        for full_name, tensor in tensors.items():
            path, _, name = full_name.rpartition(".")
            module = model.get_submodule(path)
            undo.append(exchange_weight(module, name, tensor, waiting=waiting.get(full_name)))
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def in_host_memory(tensor: Tensor) -> Tensor:
    """A tensor in host memory, from where it will be copied to an accelerator again and again.

    It is pinned where that makes copies faster: where the accelerator's memory is its own, and the
    system lets so much be pinned.
    """
    kept = tensor.detach().to("cpu")
    if accelerator_kind() in (None, "mps"):
        return kept
    try:
        return kept.pin_memory()
    except RuntimeError:
        return kept


def computing_device(module: nn.Module) -> torch.device:
    """The device that a module computes on, which its inputs must be on."""
    if has_offloaded_params(module):
        hook: Any = module._hf_hook
        return torch.device(hook.execution_device)
    return next(module.parameters()).device


def input_device(model: PreTrainedModel) -> torch.device:
    """The device that token ids must be on."""
    return computing_device(model.get_input_embeddings())


class _Overlaid(Mapping[str, Tensor]):
    """A map of weights with some of them replaced."""

    def __init__(self, below: Mapping[str, Tensor], above: dict[str, Tensor]) -> None:
        self._below = below
        self._above = above

    def __getitem__(self, name: str) -> Tensor:
        return self._above[name] if name in self._above else self._below[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._below)

    def __len__(self) -> int:
        return len(self._below)
