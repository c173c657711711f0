"""How much fits in one batch: halved when the device runs out of memory, and remembered.

A batch that doesn't fit is computed in halves, these in halves again, and from then on no batch is
larger than what did fit. A number format rounds a little differently in batches of another size, so
the size belongs to a run's conditions. The manifest has it (`batch_size` for scoring,
`recovery_hypotheses` for recovery), and it is on disk before the next piece is computed: a run that
is killed goes on in the same pieces as one that isn't. Only a run's first batch may be limited by
what another run of the same model found out.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import torch
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size

from engine.remembered import keep_remembered, remembered

MEMORY_TOLERANCE = 1.1
"""What fitted is remembered for as long as the device has at most so many times the memory."""

_NO_MEMORY = (
    os.strerror(errno.ENOMEM),
    f"os error {errno.ENOMEM}",
    f"[Errno {errno.ENOMEM}]",
    "not enough memory",
    "std::bad_alloc",
    "can't start new thread",
)
"""How Python, Rust and C++ spell that the system gives no more."""

T = TypeVar("T")
R = TypeVar("R")


class BatchSize:
    """The size that fits, as far as is known.

    Attributes:
        size: the greatest size of a batch: its length times what an element weighs. None for no
            limit.
    """

    def __init__(self, size: int | None, on_halved: Callable[[int], None]) -> None:
        """Begin with a size; `on_halved` puts a smaller one on record before work goes on."""
        self.size = size
        self._on_halved = on_halved

    def pieces(self, batch: Sequence[T], weight: int = 1) -> list[Sequence[T]]:
        """A batch cut into halves, and these again, until none is larger than the size.

        The pieces of a smaller size are pieces of those of a larger one.
        """
        if self.size is None or len(batch) * weight <= self.size or len(batch) < 2:
            return [batch]
        middle = (len(batch) + 1) // 2
        return [
            piece
            for half in (batch[:middle], batch[middle:])
            for piece in self.pieces(half, weight)
        ]

    def compute(
        self,
        batch: Sequence[T],
        compute: Callable[[Sequence[T]], R],
        *,
        weight: int = 1,
        wanted: Callable[[T], bool] = lambda _: True,
    ) -> Iterator[R]:
        """Compute a batch in pieces that fit, in order; yields what each gives.

        Args:
            batch: its elements.
            compute: of one piece. It may be called again with a part of a piece, so what it does
                besides must bear that.
            weight: of one element.
            wanted: pieces without any wanted element are left out.

        Raises:
            torch.OutOfMemoryError: not even one element fits, or what else `compute` raises.
        """
        waiting = deque(self.pieces(batch, weight))
        while waiting:
            piece = waiting.popleft()
            if not any(map(wanted, piece)):
                continue
            try:
                result = compute(piece)
            except Exception as error:
                if len(piece) == 1 or not is_out_of_memory(error):
                    raise
            else:
                yield result
                continue
            # Here the error is gone, and with it the tensors that its frames held on to.
            clear_device_cache(garbage_collection=True)
            self.size = (len(piece) + 1) // 2 * weight
            self._on_halved(self.size)
            rest = [piece, *waiting]
            waiting = deque(smaller for larger in rest for smaller in self.pieces(larger, weight))


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that a device, or the host, has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or should_reduce_batch_size(error):
        return True
    return any(text in str(error) for text in _NO_MEMORY)


class FitKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch size was found for.

    Attributes:
        weights_hash: of the model.
        device: its kind and name.
        dtype: the number format.
        work: what the batches are of.
    """

    weights_hash: str
    device: str
    dtype: str
    work: str


class _Fit(msgspec.Struct, frozen=True, kw_only=True):
    size: int
    memory_bytes: int


class RememberedSizes:
    """Batch sizes that fitted, in a file of the cache directory that all runs share."""

    def __init__(self, cache: Path) -> None:
        self._file = cache / "batch-sizes.json"

    def find(self, key: FitKey, memory_bytes: int) -> int | None:
        """The size that fitted when the device had about as much memory free, or less.

        None where nothing is known, or there is more memory now.
        """
        fit = remembered(self._file, _Fit).get(_name(key))
        if fit is None or memory_bytes > fit.memory_bytes * MEMORY_TOLERANCE:
            return None
        return fit.size

    def keep(self, key: FitKey, size: int, memory_bytes: int) -> None:
        """Remember a size."""
        fit = _Fit(size=size, memory_bytes=memory_bytes)
        keep_remembered(self._file, {**remembered(self._file, _Fit), _name(key): fit})


def _name(key: FitKey) -> str:
    return " | ".join(msgspec.structs.astuple(key))
