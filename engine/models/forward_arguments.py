"""Under which names a model's forward pass takes what it is given."""

from __future__ import annotations

import inspect

from transformers import PreTrainedModel


def accepted_arguments(model: PreTrainedModel) -> frozenset[str]:
    """The names of the arguments that the model's forward pass declares."""
    return frozenset(inspect.signature(model.forward).parameters)


def cache_argument(model: PreTrainedModel) -> str:
    """The argument that takes the keys and values of earlier tokens.

    It is `cache` in transformers from 5.24, and `past_key_values` before and in models whose own
    code is older.
    """
    return "cache" if "cache" in accepted_arguments(model) else "past_key_values"
