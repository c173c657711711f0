"""Short names of models."""

from __future__ import annotations

import msgspec

EMBEDDED = "smollm2"
"""The alias of the model that needs no hub."""


class Alias(msgspec.Struct, frozen=True):
    """A short name: the Hub id behind it and its parameter count."""

    name: str
    target: str
    parameters: int


ALIASES: tuple[Alias, ...] = (
    Alias(EMBEDDED, "HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008),
    Alias("qwen", "Qwen/Qwen3-8B", 8_190_735_360),
    Alias("qwen-4b", "Qwen/Qwen3-4B", 4_022_468_096),
    Alias("qwen-1.7b", "Qwen/Qwen3-1.7B", 1_720_574_976),
    Alias("qwen-0.6b", "Qwen/Qwen3-0.6B", 596_049_920),
    Alias("mistral", "mistralai/Mistral-7B-Instruct-v0.3", 7_248_023_552),
    Alias("phi", "microsoft/Phi-3-mini-4k-instruct", 3_821_079_552),
)


def find_alias(name: str) -> Alias | None:
    """The alias of that name, or None."""
    return next((alias for alias in ALIASES if alias.name == name), None)


def largest_alias_within(bytes_available: int, bytes_per_parameter: float) -> Alias | None:
    """The largest aliased model whose weights fit, or None where not even the smallest does."""
    fitting = [a for a in ALIASES if a.parameters * bytes_per_parameter <= bytes_available]
    return max(fitting, key=lambda alias: alias.parameters, default=None)
