"""Checksums of tensors on disk, so that a damaged file is not taken for what was written."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import torch
from torch import Tensor


def checksum(tensors: Mapping[str, Tensor], text: str = "") -> str:
    """CRC-32 over a text and the names, shapes, number formats and bytes of tensors, by name."""
    value = zlib.crc32(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        value = zlib.crc32(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode(), value)
        if tensor.numel():
            value = zlib.crc32(tensor.view(torch.uint8).numpy().data, value)
    return f"{value:08x}"
