"""What a strategy generates."""

from __future__ import annotations

import msgspec


class Decoded(msgspec.Struct, frozen=True):
    """A generated token sequence, up to and with its end token.

    Attributes:
        ids: of its tokens.
        log_probability: summed over its tokens at temperature 1; None where it was not computed.
        score: what ranks it among others; None where nothing does, or where it is not known.
        steps: of the search that found it, each of them a token for every beam; None where it is
            the only one that its tokens were generated for.
    """

    ids: list[int]
    log_probability: float | None = None
    score: float | None = None
    steps: int | None = None
