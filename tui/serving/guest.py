"""An inspector at the shared engine."""

from __future__ import annotations

import asyncio
import contextlib

MOST_UNREAD = 64 << 20
"""Bytes that wait for an inspector; one that leaves more unread has stopped."""


class Guest:
    """One inspector's connection.

    Args:
        number: no other guest had it.
        writer: what is written there reaches the inspector.

    Attributes:
        opening: the id of the request by which it opened the run; None before.
        joined: it was told what was before it came.
        asked: its own ids of the requests that are not over, by their ids at the engine.
    """

    def __init__(self, number: int, writer: asyncio.StreamWriter) -> None:
        self.opening: str | None = None
        self.joined = False
        self.asked: dict[str, str] = {}
        self._number = number
        self._writer = writer

    @property
    def gone(self) -> bool:
        """Whether nothing reaches it any more."""
        return self._writer.is_closing()

    def outside(self, own_id: str) -> str:
        """The id at the engine of a request of its own."""
        return f"{self._number}/{own_id}"

    def send(self, line: bytes) -> None:
        """Send a line; one that doesn't read what it is sent is let go."""
        if self.gone:
            return
        self._writer.write(line)
        if self._writer.transport.get_write_buffer_size() > MOST_UNREAD:
            self._writer.transport.abort()

    async def taken(self) -> None:
        """Wait until it has read most of what it was sent."""
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def close(self) -> None:
        """Let it go, once it has read what it was sent."""
        self._writer.close()
