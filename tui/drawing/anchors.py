"""Holding columns where terminals disagree about how wide a character is.

Terminals count Indic vowel signs, joined emoji and variation selectors differently, and one cell
more or less moves everything to the right of it. So whatever is written to the terminal passes
`anchored`: a run of text with such characters is blanked first, kept from wrapping, and followed
by a move to the column where it must end.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from textual.driver import Driver

_DISPUTED = re.compile(
    "[\u0300-\u036f\u0900-\u109f\u1100-\u11ff\u1780-\u17ff\u1a00-\u1aff\u200c-\u200d\ufe00-\ufe0f"
    "\U0001f000-\U0001faff]"
)
_PIECES = re.compile(
    r"\x1b\[(?P<row>\d+);(?P<column>\d+)H"
    r"|(?P<escape>\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x1f])"
    r"|(?P<text>[^\x00-\x1f]+)"
)


def anchored(data: str) -> str:
    """Output for the terminal in which every run of text ends at the column it was laid out for.

    Output without disputed characters, or that does not begin by placing the cursor, is
    returned as it is.
    """
    if data.isascii() or not _DISPUTED.search(data):
        return data
    pieces: list[str] = []
    column: int | None = None
    for match in _PIECES.finditer(data):
        if match["column"] is not None:
            column = int(match["column"])
        elif match["text"] is not None and column is not None:
            width = cell_len(match["text"])
            column += width
            if _DISPUTED.search(match["text"]):
                pieces.append(f"\x1b[?7l\x1b[{width}X{match[0]}\x1b[?7h\x1b[{column}G")
                continue
        elif match["escape"] in ("\n", "\r"):
            column = None
        pieces.append(match[0])
    return "".join(pieces)


@lru_cache
def anchoring(driver: type[Driver]) -> type[Driver]:
    """The driver, writing `anchored` output."""

    class AnchoringDriver(driver):  # type: ignore[valid-type, misc]  # mypy: a class made at run time
        """Writes through `anchored`."""

        def write(self, data: str) -> None:
            super().write(anchored(data))

    return AnchoringDriver
