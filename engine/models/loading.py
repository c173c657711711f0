"""A model, ready to compute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from engine.models.batch_size import is_out_of_memory
from engine.models.devices import Placement, device_memory, free_for_weights
from engine.models.resolving import ResolvedModel
from engine.models.weight_files import weights_hash
from engine.records.errors import UserError
from engine.records.manifest import ModelRecord


class LoadedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its tokenizer, and what the manifest says of it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    record: ModelRecord
    placement: Placement


def load_model(
    resolved: ResolvedModel, placement: Placement, cache: Path, *, trust_remote_code: bool = False
) -> LoadedModel:
    """Load a resolved model for inference.

    On an accelerator with memory of its own, accelerate places it: over all devices of a kind, and
    in host memory what doesn't fit them.

    Raises:
        DamagedFile: a file is not what it was when it was written, or loaded before.
        UserError: it isn't a causal language model that transformers can load, or its weights
            are pickled.
    """
    with ThreadPoolExecutor(2) as beside:
        hashing = beside.submit(weights_hash, resolved.directory, cache)
        reading = beside.submit(
            AutoTokenizer.from_pretrained, resolved.directory, trust_remote_code=trust_remote_code
        )
        try:
            model = load_weights(resolved.directory, placement, trust_remote_code=trust_remote_code)
        except UserError:
            # Where the file is damaged, that is the reason.
            hashing.result()
            raise
    digest = hashing.result()
    try:
        tokenizer = reading.result()
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{resolved.name} has no tokenizer that transformers can load: {_first_line(error)}",
            "A model directory needs its tokenizer's files (tokenizer.json and its config).",
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    record = ModelRecord(
        name=resolved.name,
        source=resolved.source,
        architecture=type(model).__name__,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        revision=resolved.revision,
        weights_hash=digest,
    )
    return LoadedModel(model=model, tokenizer=tokenizer, record=record, placement=placement)


def load_weights(
    directory: Path, placement: Placement, *, trust_remote_code: bool = False
) -> PreTrainedModel:
    """Load the weights of a checkpoint directory; raises as `load_model` does."""
    options: dict[str, Any] = {"trust_remote_code": trust_remote_code}
    try:
        config = AutoConfig.from_pretrained(directory, **options)
        loaded = AutoModelForCausalLM.from_pretrained(
            directory,
            config=config,
            dtype=placement.torch_dtype,
            use_safetensors=True,
            **placing(placement),
            **options,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        raise UserError(
            f"{directory} can't be loaded: {_first_line(error)}",
            "It must hold a causal language model that this transformers knows, with safetensors "
            "weights. A model that brings its own code needs --trust-remote-code.",
        ) from error
    model: PreTrainedModel = loaded
    model.eval().requires_grad_(False)
    model.get_output_embeddings().register_forward_pre_hook(_contiguous)
    return model


def placing(placement: Placement) -> dict[str, Any]:
    """The options of `from_pretrained` that put a model where it is to compute."""
    if placement.device == "cpu":
        return {}
    if not placement.has_own_memory:
        return {"device_map": {"": placement.device}}
    room: dict[int | str, int] = {
        torch.device(device).index: free_for_weights(device) for device in placement.devices
    }
    if placement.limited:
        share = placement.memory_bytes // len(room)
        room = {number: min(share, free) for number, free in room.items()}
    room["cpu"] = device_memory("cpu").free
    return {"device_map": "auto", "max_memory": room}


def _contiguous(head: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Copy the hidden states of the last position, cut out of a batch, before the head sees them.

    Given a view with gaps, torch on a CPU copies the head's whole weight for every row instead.
    """
    return tuple(one.contiguous() for one in inputs)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
