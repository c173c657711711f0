"""One set of weights, many variants.

Compression touches only linear layers inside the decoder blocks, so a variant is a map from
parameter name to tensor, and using it exchanges those tensors. Embeddings, norms and head exist
once. A checkpoint that somebody else compressed may have any shape: it is a model of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.devices import Placement, free_for_weights
from engine.models.weights import exchanged_weights, in_host_memory, own_weight
from engine.records.settings import DENSE


class Variants:
    """The variants of one model; `dense` is always there.

    Args:
        model: its weights are exchanged in place.
        memory_bytes: what its devices have left for variants (`room_for_variants`). A variant that
            doesn't fit waits in host memory, and copies of the dense weights do too.
    """

    def __init__(self, model: PreTrainedModel, memory_bytes: int) -> None:
        self._model = model
        self._memory_bytes = memory_bytes
        self._tensors: dict[str, dict[str, Tensor]] = {DENSE: {}}
        self._crowded: set[str] = set()
        self._waiting: dict[str, Tensor] = {}
        self._models: dict[str, PreTrainedModel] = {}
        self._restored: dict[str, dict[str, Tensor]] = {}
        self._laid: dict[PreTrainedModel, tuple[str, ExitStack]] = {}
        self._in_use = DENSE
        self._exchanged = ExitStack()

    @property
    def names(self) -> tuple[str, ...]:
        """Every variant that is ready."""
        return (*self._tensors, *self._models)

    @property
    def models(self) -> tuple[PreTrainedModel, ...]:
        """The model whose weights are exchanged, and those of variants that are models."""
        return (self._model, *dict.fromkeys(self._models.values()))

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The changed parameters of a variant, by full name."""
        return dict(self._tensors[name])

    def changed(self, name: str) -> frozenset[str] | None:
        """The full names of a variant's changed parameters; None for a model of its own."""
        return None if name in self._models else frozenset(self._tensors[name])

    def own_weights(self, names: Iterable[str]) -> dict[str, Tensor]:
        """The dense values of parameters by full name, wherever they are; not to be written to.

        They stay what they are while variants are in use.
        """
        with self.using(DENSE) as model:
            return {
                name: self._waiting[name] if name in self._waiting else own_weight(model, name)
                for name in names
            }

    def add(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        """Make a variant ready: `tensors` are its changed parameters by full name.

        The dense weights must be in use.

        Raises:
            ValueError: a tensor's name or shape isn't the model's.
        """
        parameters = dict(self._model.named_parameters())
        for key, tensor in tensors.items():
            if key not in parameters or parameters[key].shape != tensor.shape:
                raise ValueError(f"{key} of variant {name} does not match the model")
        placed = {key for key in tensors if _has_place(parameters[key])}
        needed = sum(tensors[key].nbytes for key in placed)
        if needed <= self._memory_bytes:
            self._memory_bytes -= needed
            self._tensors[name] = {
                key: tensor.to(parameters[key].device) if key in placed else in_host_memory(tensor)
                for key, tensor in tensors.items()
            }
            return
        self._crowded.add(name)
        self._tensors[name] = {key: in_host_memory(tensor) for key, tensor in tensors.items()}
        for key in placed - self._waiting.keys():
            self._waiting[key] = in_host_memory(parameters[key])

    def remove(self, name: str) -> None:
        """Let go of a variant that `add` or `restore` made ready; it must not be in use.

        Raises:
            ValueError: it is in use.
        """
        if name == self._in_use or any(name == laid for laid, _ in self._laid.values()):
            raise ValueError(f"{name} is in use")
        if name in self._restored:
            del self._restored[name], self._models[name]
            return
        tensors = self._tensors.pop(name)
        if name in self._crowded:
            self._crowded.remove(name)
            return
        parameters = dict(self._model.named_parameters())
        self._memory_bytes += sum(
            tensor.nbytes for key, tensor in tensors.items() if _has_place(parameters[key])
        )

    def add_model(self, name: str, model: PreTrainedModel) -> None:
        """Make a variant ready that is a model of its own."""
        self._models[name] = model
        self._memory_bytes -= model.get_memory_footprint()

    def restore(self, name: str, of: str, parameters: Collection[str]) -> None:
        """Make a variant ready: the model of the variant `of`, which is one of its own, with some
        parameters as the dense model has them, by full name.

        Raises:
            ValueError: it has no such parameter, or one of another shape.
        """
        model = self._models[of]
        dense, own = self.own_weights(parameters), dict(model.named_parameters())
        for key, tensor in dense.items():
            if key not in own or own[key].shape != tensor.shape:
                raise ValueError(f"{key} of {of} does not match the dense model")
        self._models[name], self._restored[name] = model, dense

    @contextmanager
    def using(self, name: str) -> Iterator[PreTrainedModel]:
        """The model under the named variant; afterwards it is what it was before.

        May be used within itself: a question that comes while one variant is in use is answered
        under another one, and the first goes on.
        """
        if name in self._models:
            with self._restoring(self._models[name], name) as model:
                yield model
            return
        before = self._in_use
        self._exchange(name)
        try:
            yield self._model
        finally:
            self._exchange(before)

    @contextmanager
    def _restoring(self, model: PreTrainedModel, name: str) -> Iterator[PreTrainedModel]:
        """A model of its own has the dense parameters of the named variant, and no others."""
        before, _ = self._laid.get(model, (None, None))
        self._lay(model, name)
        try:
            yield model
        finally:
            self._lay(model, before)

    def _lay(self, model: PreTrainedModel, name: str | None) -> None:
        laid, undo = self._laid.pop(model, (None, ExitStack()))
        if name != laid:
            undo.close()
            undo = ExitStack()
            if name in self._restored:
                undo.enter_context(exchanged_weights(model, self._restored[name]))
        if name is not None:
            self._laid[model] = name, undo

    def _exchange(self, name: str) -> None:
        """Let the model have a variant's weights in place of those that it has."""
        if name == self._in_use:
            return
        self._in_use = DENSE
        self._exchanged.close()
        if name != DENSE:
            waiting = self._waiting if name in self._crowded else {}
            weights = exchanged_weights(self._model, self._tensors[name], waiting=waiting)
            self._exchanged.enter_context(weights)
            self._in_use = name


def room_for_variants(model: PreTrainedModel, placement: Placement) -> int:
    """How many bytes variants may take on the devices of a model, beside it and its activations.

    A variant is spread over the devices as the model is, so the fullest one decides.
    """
    own = dict.fromkeys(map(torch.device, placement.devices), 0)
    for parameter in model.parameters():
        if parameter.device in own:
            own[parameter.device] += parameter.nbytes
    total = sum(own.values())
    room = min(
        (free_for_weights(str(device)) * total // taken for device, taken in own.items() if taken),
        default=0,
    )
    return min(room, placement.memory_bytes - total) if placement.limited else room


def _has_place(parameter: Tensor) -> bool:
    """Whether a parameter is in a device's own memory; offloaded ones ("meta") are not."""
    return parameter.device.type not in ("cpu", "meta")
