"""One process's share of the work of several."""

from __future__ import annotations

import zlib

import msgspec


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Which of several processes this is.

    Attributes:
        rank: counts the processes of all machines from 0; process 0 answers for the run.
        processes: how many there are.
        local_rank: counts those of one machine; each has a device of its own where there are
            enough.
    """

    rank: int = 0
    processes: int = 1
    local_rank: int = 0

    def has(self, work: str) -> bool:
        """Whether this process is the first to do a piece of work, by the work's name."""
        return zlib.crc32(work.encode()) % self.processes == self.rank


ALONE = Share()
"""The share of the only process."""
