"""What all drawings of findings are told."""

from __future__ import annotations

from typing import NamedTuple


class Labels(NamedTuple):
    """How the two models are called on screen."""

    dense: str
    compressed: str
