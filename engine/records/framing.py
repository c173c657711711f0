"""A stream of bytes taken apart into lines of bounded length."""

from __future__ import annotations

LONGEST_LINE = 64 << 20
"""Bytes. The longest lines that are meant are an item with its answers under every variant."""


class LineSplitter:
    """Gives the lines of what it is fed, without their newlines.

    Attributes:
        overlong: a line was longer than `longest` bytes; nothing is given any more.
    """

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self.longest = longest
        self.overlong = False
        self._parts: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that the chunk completes."""
        if self.overlong:
            return []
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = b"".join((*self._parts, complete[0]))
            self._parts.clear()
            self._held = 0
        if rest:
            self._parts.append(rest)
            self._held += len(rest)
        self.overlong = max(self._held, *map(len, complete), 0) > self.longest
        return [line for line in complete if len(line) <= self.longest]

    @property
    def rest(self) -> bytes:
        """What stands after the last newline."""
        return b"".join(self._parts)
