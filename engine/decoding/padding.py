"""Token sequences as one tensor."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def padded(sequences: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and mask, each `(batch, tokens)`, padded on the left."""
    width = max(map(len, sequences))
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in sequences], device=device)
    lengths = torch.tensor([len(row) for row in sequences], device=device)
    positions = torch.arange(width, device=device)
    return ids, (positions >= width - lengths[:, None]).long()
