"""Finished variants on disk, so that one that was made before opens in a moment.

Where a method only sets weights to zero, a bit a weight is kept, and the weights come from the
dense model again; other weights are kept as they are. The least recently used go when the cache
grows past its limit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from engine.compression.checksums import checksum
from engine.compression.compress import Compressed
from engine.files import remove_abandoned, written_atomically
from engine.models.weights import read_weight
from engine.models.writing import system_errors
from engine.records.manifest import BlockSparsity

CODE_VERSION = 3
"""Raised whenever a method gives other weights than before; older variants are made again."""
LIMIT_BYTES = 20 << 30
_MASK = "kept:"
_CHECKSUM = "crc32"
_BITS = {2: torch.int16, 4: torch.int32}


class VariantKey(msgspec.Struct, frozen=True, kw_only=True):
    """All that a variant's weights depend on; `answers_hash` is that of the items' solved prompts,
    for a recipe that looks at answers."""

    weights_hash: str
    recipe: str
    calibration_hash: str | None
    dtype: str
    answers_hash: str | None = None
    code: int = CODE_VERSION

    @property
    def file_name(self) -> str:
        """The name of the variant's file."""
        return f"{hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:40]}.safetensors"


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    key: VariantKey
    blocks: tuple[BlockSparsity, ...]
    notes: tuple[str, ...]


def load_variant(
    directory: Path,
    key: VariantKey,
    model: PreTrainedModel,
    on_damaged: Callable[[], None] = lambda: None,
) -> Compressed | None:
    """Read a variant; the model must have its dense weights. None where it isn't there.

    A file whose content is not what was written is removed, and `on_damaged` is told.
    """
    path = directory / key.file_name
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata[_CHECKSUM] != checksum(stored, metadata["variant"]):
            raise ValueError("the checksum is another one")
        header = msgspec.json.decode(metadata["variant"], type=_Header)
        tensors = {}
        for name, tensor in stored.items():
            parameter = name.removeprefix(_MASK)
            if name.startswith(_MASK):
                tensors[parameter] = _with_mask(read_weight(model, parameter), tensor)
            else:
                tensors[parameter] = tensor
    except FileNotFoundError:
        return None
    except (SafetensorError, KeyError, ValueError, AttributeError):
        with suppress(OSError):
            path.unlink(missing_ok=True)
        on_damaged()
        return None
    with suppress(OSError):
        os.utime(path)
    return Compressed(tensors, header.blocks, header.notes)


def store_variant(
    directory: Path,
    key: VariantKey,
    model: PreTrainedModel,
    compressed: Compressed,
    *,
    limit_bytes: int = LIMIT_BYTES,
) -> None:
    """Keep a variant; the model must have its dense weights.

    One that is larger than the limit by itself is not kept.

    Raises:
        OSError: the disk refuses; nothing is kept then.
    """
    tensors: dict[str, Tensor] = {}
    for name, tensor in compressed.tensors.items():
        dense = read_weight(model, name)
        if torch.equal(torch.where(tensor == 0, tensor, dense), tensor):
            tensors[f"{_MASK}{name}"] = torch.from_numpy(np.packbits((tensor != 0).numpy()))
        else:
            tensors[name] = tensor.contiguous()
    header = _Header(key=key, blocks=compressed.blocks, notes=compressed.notes)
    if sum(tensor.nbytes for tensor in tensors.values()) > limit_bytes:
        return
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / key.file_name
    told = msgspec.json.encode(header).decode()
    metadata = {"variant": told, _CHECKSUM: checksum(tensors, told)}
    with system_errors(), written_atomically(path) as scratch:
        save_file(tensors, scratch, metadata=metadata)
    _evict(directory, limit_bytes, keep=path)


def _with_mask(dense: Tensor, packed: Tensor) -> Tensor:
    """The dense weight with the weights zero whose bit is: its bits, times one or zero.

    Ten times faster than filling with a mask.
    """
    kept = np.unpackbits(packed.numpy(), count=dense.numel()).reshape(dense.shape)
    bits = dense.cpu().view(_BITS[dense.dtype.itemsize]).numpy()
    return torch.from_numpy(bits * kept.view(np.int8)).view(dense.dtype)


def _evict(directory: Path, limit_bytes: int, *, keep: Path) -> None:
    """Remove the least recently used files until the limit holds, and what dead processes left."""
    remove_abandoned(directory)
    states = []
    for path in directory.glob("*.safetensors"):
        with suppress(FileNotFoundError):
            states.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in states)
    for _, size, path in sorted(states):
        if total <= limit_bytes:
            return
        if path != keep:
            path.unlink(missing_ok=True)
            total -= size
