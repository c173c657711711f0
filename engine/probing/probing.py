"""What every instrument works with: a model's variants, and the items that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.models.structure import Block, decoder_blocks
from engine.models.variants import Variants
from engine.records.errors import UserError
from engine.records.instruments.instrument import Finding
from engine.records.items import Item
from engine.records.settings import DENSE, Settings
from engine.scoring.encoding import encode
from engine.scoring.prompts import Prompt, open_prompt

OnStep = Callable[[str, float, Finding | None], None]
"""Called with what is done, the share of the batch that is done, and what is found so far of its
first item."""


class Subject(msgspec.Struct, frozen=True):
    """An item as instruments see it.

    Attributes:
        item: as it was scored.
        answer: the gold answer or alias that is looked for.
        prompt: that its open answer continues.
        before: the prompt's tokens, as they are with the answer after them.
        gold: the answer's tokens, one at least.
    """

    item: Item
    answer: str
    prompt: Prompt
    before: tuple[int, ...]
    gold: tuple[int, ...]

    @property
    def whole(self) -> tuple[int, ...]:
        """The prompt's tokens, then the answer's."""
        return self.before + self.gold


@dataclass(frozen=True, kw_only=True)
class Probing:
    """The model with its variants, and how an instrument tells of its work.

    Attributes:
        variants: of the model.
        tokenizer: of the model.
        settings: of the run.
        variant: the name of the one that is looked into.
        calibration: gives the run's calibration token ids, (sequences, tokens).
        kept: what an instrument keeps for the next time, as long as the run is open.
        step: told of progress.
        check: called between blocks; raises to cancel.
    """

    variants: Variants
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    variant: str
    calibration: Callable[[], Tensor]
    kept: dict[str, Any]
    step: OnStep
    check: Callable[[], None]

    def like_blocks(self) -> None:
        """Refuse a variant whose blocks are not those of the dense model, one for one.

        Raises:
            UserError: it is a checkpoint of another shape.
        """
        with self.variants.using(DENSE) as model:
            dense = _shape(model, decoder_blocks(model))
        with self.variants.using(self.variant) as model:
            own = _shape(model, decoder_blocks(model))
        if own != dense:
            raise UserError(
                f"the blocks of {self.variant} are not those of the dense model",
                "Only a checkpoint of the same architecture and size can be compared inside.",
            )


def subjects(
    items: Sequence[tuple[Item, str]], tokenizer: PreTrainedTokenizerBase, settings: Settings
) -> list[Subject]:
    """Items with the answers that are looked for, encoded as they were scored.

    Raises:
        UserError: an answer has no token of its own.
    """
    found = []
    for item, answer in items:
        prompt = open_prompt(item, tokenizer, settings.prompt)
        [continuation] = encode(tokenizer, prompt, [answer]).continuations
        if not continuation.ids:
            raise UserError(
                f"the answer of {item.id} has no token of its own",
                "The tokenizer merges it into the prompt, so it can't be ranked.",
            )
        before = continuation.whole[: continuation.start]
        found.append(Subject(item, answer, prompt, before, continuation.ids))
    return found


def batches_of(every: Sequence[Subject], room: int) -> Iterator[list[Subject]]:
    """Items of like length, as many as `room` tokens hold; one at least."""
    batch: list[Subject] = []
    for subject in sorted(every, key=lambda one: len(one.whole)):
        if batch and (len(batch) + 1) * len(subject.whole) > room:
            yield batch
            batch = []
        batch.append(subject)
    yield batch


def _shape(model: PreTrainedModel, blocks: Sequence[Block]) -> tuple[int, int]:
    return len(blocks), int(model.config.get_text_config().hidden_size)
