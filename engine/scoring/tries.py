"""Token sequences as a trie: what they begin with in common is there once."""

from __future__ import annotations

from collections.abc import Sequence

ROOT = -1
"""The parent of a sequence's first token."""


class TokenTrie:
    """Sequences that are computed together, every shared beginning once.

    Attributes:
        tokens: the token id of every node; a parent comes before its children.
        parents: the node before each node, or `ROOT`.
        depths: how many tokens come before each node, those before the trie included.
    """

    def __init__(self, depth: int = 0) -> None:
        """An empty trie whose first tokens follow `depth` others."""
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self._first_depth = depth
        self._nodes: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self.tokens)

    def add(self, sequence: Sequence[int]) -> list[int]:
        """Put a sequence in; returns the node of each of its tokens."""
        path = []
        parent = ROOT
        for depth, token in enumerate(sequence, start=self._first_depth):
            node = self._nodes.get((parent, token))
            if node is None:
                node = self._nodes[parent, token] = len(self.tokens)
                self.tokens.append(token)
                self.parents.append(parent)
                self.depths.append(depth)
            path.append(node)
            parent = node
        return path


SHARED_TOKENS = 192
"""A common beginning is computed apart where that saves so many tokens."""


def shared_beginning(sequences: Sequence[tuple[int, ...]], limits: Sequence[int]) -> int:
    """The number of tokens that are computed apart, once for all sequences.

    `limits` are upper bounds; there is one for every row of a batch.
    """
    shared = min(common_beginning(sequences), *limits)
    return shared if shared * (len(limits) - 1) >= SHARED_TOKENS else 0


def common_beginning(sequences: Sequence[tuple[int, ...]]) -> int:
    """The number of tokens that all sequences begin with in common."""
    first, last = min(sequences), max(sequences)
    # Between these two in order, every other one begins as they both do.
    differing = (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return next(differing, min(len(first), len(last)))
