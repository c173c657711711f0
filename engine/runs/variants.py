"""The variants of a run, as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from engine.records.errors import UserError


def require_variant(name: str, variants: Sequence[str]) -> str:
    """The name, if it is one of the variants.

    Raises:
        UserError: it is not; the hint lists the variants.
    """
    if name in variants:
        return name
    raise UserError(f"the run has no variant '{name}'", f"It has {', '.join(variants)}.")
