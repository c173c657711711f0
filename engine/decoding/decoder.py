"""What every re-decode of a run works with."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.records.settings import Settings

OnStep = Callable[[int, int, tuple[str, ...]], None]
"""Called with (step, steps, the first item's answers as far as they have come)."""


class Decoder(msgspec.Struct, frozen=True, kw_only=True):
    """The model under the variant in question, and how answers are generated and judged.

    `check` is called at every step; it raises to cancel.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    on_step: OnStep
    check: Callable[[], None]
