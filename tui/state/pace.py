"""How fast items are scored of late."""

from __future__ import annotations

from collections import deque

BATCHES = 16
"""So many batches count."""

BATCH_SECONDS = 0.3
"""Items that come closer together are of one batch."""


class Pace:
    """Counts of scored items over time, in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque(maxlen=BATCHES)

    def note(self, count: int, now: float) -> None:
        """So many items are scored now; those of one batch count as one moment."""
        if self._counts and now - self._counts[-1][0] < BATCH_SECONDS:
            now = self._counts.pop()[0]
        self._counts.append((now, count))

    def forget(self) -> None:
        """Begin anew: scoring stood still."""
        self._counts.clear()

    def seconds_left(self, total: int, now: float) -> float | None:
        """Time until `total` items are scored; None where there is no pace yet."""
        if len(self._counts) < 2:
            return None
        (begun, first), (last, count) = self._counts[0], self._counts[-1]
        if count <= first or last <= begun:
            return None
        left = (total - count) * (last - begun) / (count - first)
        return max(0.0, left - (now - last))
