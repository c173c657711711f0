"""One set of weights, many variants.

Compression touches only linear layers inside the decoder blocks, so a variant is a map from
parameter name to tensor, and using it exchanges those tensors. Embeddings, norms and head exist
once. A checkpoint that somebody else compressed may have any shape: it is a model of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor
from transformers import PreTrainedModel

from engine.models.weights import exchanged_weights
from engine.records.settings import DENSE


class Variants:
    """The variants of one model; `dense` is always there.

    Args:
        model: its weights are exchanged in place.
        memory_bytes: what the device has left beside the model; a variant that doesn't fit waits
            in host memory, and so do the dense weights while it is in use.
    """

    def __init__(self, model: PreTrainedModel, memory_bytes: int) -> None:
        self._model = model
        self._memory_bytes = memory_bytes
        self._tensors: dict[str, dict[str, Tensor]] = {DENSE: {}}
        self._crowded: set[str] = set()
        self._models: dict[str, PreTrainedModel] = {}
        self._in_use = DENSE
        self._exchanged = ExitStack()

    @property
    def names(self) -> tuple[str, ...]:
        """Every variant that is ready."""
        return (*self._tensors, *self._models)

    @property
    def models(self) -> tuple[PreTrainedModel, ...]:
        """The model whose weights are exchanged, and those of variants that are models."""
        return (self._model, *self._models.values())

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The changed parameters of a variant, by full name."""
        return dict(self._tensors[name])

    def add(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        """Make a variant ready: `tensors` are its changed parameters by full name.

        Raises:
            ValueError: a tensor's name or shape isn't the model's.
        """
        parameters = dict(self._model.named_parameters())
        for key, tensor in tensors.items():
            if key not in parameters or parameters[key].shape != tensor.shape:
                raise ValueError(f"{key} of variant {name} does not match the model")
        needed = sum(tensor.nbytes for tensor in tensors.values())
        if needed < self._memory_bytes:
            self._memory_bytes -= needed
            self._tensors[name] = {
                key: tensor.to(_storage(parameters[key])) for key, tensor in tensors.items()
            }
        else:
            self._crowded.add(name)
            self._tensors[name] = {key: tensor.to("cpu") for key, tensor in tensors.items()}

    def add_model(self, name: str, model: PreTrainedModel) -> None:
        """Make a variant ready that is a model of its own."""
        self._models[name] = model
        self._memory_bytes -= model.get_memory_footprint()

    @contextmanager
    def using(self, name: str) -> Iterator[PreTrainedModel]:
        """The model under the named variant; afterwards it is what it was before.

        May be used within itself: a question that comes while one variant is in use is answered
        under another one, and the first goes on.
        """
        if name in self._models:
            yield self._models[name]
            return
        before = self._in_use
        self._exchange(name)
        try:
            yield self._model
        finally:
            self._exchange(before)

    def _exchange(self, name: str) -> None:
        """Let the model have a variant's weights in place of those that it has."""
        if name == self._in_use:
            return
        self._in_use = DENSE
        self._exchanged.close()
        if name != DENSE:
            weights = exchanged_weights(
                self._model, self._tensors[name], room=name not in self._crowded
            )
            self._exchanged.enter_context(weights)
            self._in_use = name


def _storage(parameter: Tensor) -> torch.device:
    """Where a parameter's other values are kept; offloaded ones ("meta") stay in host memory."""
    return torch.device("cpu") if parameter.is_meta else parameter.device
