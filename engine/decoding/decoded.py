"""What a strategy generates."""

from __future__ import annotations

import msgspec


class Decoded(msgspec.Struct, frozen=True):
    """A generated token sequence, up to and with its end token.

    `log_probability` is summed over its tokens at temperature 1; None where it was not computed.
    """

    ids: list[int]
    log_probability: float | None = None
