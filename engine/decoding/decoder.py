"""What every re-decode of a run works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.records.settings import Settings

OnStep = Callable[[int, int, tuple[str, ...]], None]
"""Called with (step, steps, the first item's answers as far as they have come)."""


class Decoder(msgspec.Struct, frozen=True, kw_only=True):
    """The model under the variant in question, and how answers are generated and judged.

    Attributes:
        model: as said.
        tokenizer: of the model.
        settings: of the run.
        packed: whether the model takes tries (`engine.scoring.packing`), given prompts' tokens.
        on_step: told of every step.
        check: called at every step; it raises to cancel.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    packed: Callable[[Sequence[Sequence[int]]], bool]
    on_step: OnStep
    check: Callable[[], None]
