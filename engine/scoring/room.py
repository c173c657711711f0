"""Keys and values with room for the tokens that are still to come."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):
    """A layer's keys and values in a buffer that new tokens are written into.

    transformers' own layer copies everything for every token.

    Args:
        keys: (any, heads, any, features), on the layer's device; `values` likewise. Their shape
            and kind is taken, not what they hold: that is `fill`ed in.
        rows: of the batch.
        length: tokens of each row to begin with.
        room: how many tokens may follow.
    """

    def __init__(self, keys: Tensor, values: Tensor, rows: int, length: int, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # transformers' layer
        self.lazy_initialization(keys, values)
        self._length = length
        self._key_buffer = _empty(keys, rows, length + room)
        self._value_buffer = _empty(values, rows, length + room)
        self._show()

    def fill(self, first: int, keys: Tensor, values: Tensor) -> None:
        """Set what rows begin with: (rows, heads, length, features), from the row `first` on."""
        rows = slice(first, first + len(keys))
        self._key_buffer[rows, :, : self._length] = keys
        self._value_buffer[rows, :, : self._length] = values

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Append tokens; returns all keys and values, those included."""
        end = self._length + key_states.shape[2]
        self._key_buffer[:, :, self._length : end] = key_states
        self._value_buffer[:, :, self._length : end] = value_states
        self._length = end
        return self._show()

    def batch_select_indices(self, indices: Tensor) -> None:
        """Pick or repeat rows; `indices` is (new rows,) int64. What was there before is lost."""
        indices = indices.to(self._key_buffer.device)
        self._key_buffer = _picked(self._key_buffer, indices)
        self._value_buffer = _picked(self._value_buffer, indices)
        self._show()

    def _show(self) -> tuple[Tensor, Tensor]:
        self.keys = self._key_buffer[:, :, : self._length]
        self.values = self._value_buffer[:, :, : self._length]
        return self.keys, self.values


def _empty(like: Tensor, rows: int, capacity: int) -> Tensor:
    _, heads, _, features = like.shape
    buffer: Tensor = like.new_empty(rows, heads, capacity, features)
    return buffer


def _picked(buffer: Tensor, rows: Tensor) -> Tensor:
    """The rows, in the same memory where there are no more of them than before."""
    picked = buffer.index_select(0, rows)
    return buffer[: len(rows)].copy_(picked) if len(rows) <= len(buffer) else picked
