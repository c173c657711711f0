"""What every re-decode of a run works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.records.settings import Settings

OnStep = Callable[[int, int, tuple[str, ...]], None]
"""Called with (step, steps, the first item's answers as far as they have come)."""

Partner = Callable[[], AbstractContextManager[PreTrainedModel]]


def no_partner() -> AbstractContextManager[PreTrainedModel]:
    """The partner of a decoding in which no other variant takes part."""
    raise ValueError("no other variant takes part")


class Decoder(msgspec.Struct, frozen=True, kw_only=True):
    """The model under the variant in question, and how answers are generated and judged.

    Attributes:
        model: as said.
        tokenizer: of the model.
        settings: of the run.
        packed: whether the model takes tries (`engine.scoring.packing`), given prompts' tokens.
        on_step: told of every step.
        check: called at every step; it raises to cancel.
        partner: the model under the variant that takes part (`Decoding.partner`), meanwhile.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    packed: Callable[[Sequence[Sequence[int]]], bool]
    on_step: OnStep
    check: Callable[[], None]
    partner: Partner = no_partner
