"""Which re-decodes a run's settings ask for, in batches, and which the log doesn't have yet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from engine.analysis.frame import pairs_frame
from engine.analysis.recovery_items import control, recoverable
from engine.decoding.strategy import strategy_of
from engine.inspection.planning import BATCH_TOKENS
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.registry import parse_decoding
from engine.records.errors import UserError
from engine.records.items import Item
from engine.runs.log import RunLog

HYPOTHESES_PER_ITEM = 4
"""Times the batch size: at most so many hypotheses are decoded at once, if they fit."""

BATCH_BYTES = 4 * BATCH_TOKENS
"""At most so many bytes of prompts, some four a token. Bytes, for a finished run needs no model."""


class RecoveryBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Items that are re-decoded together; `wanted` are the ids that the log doesn't have yet."""

    variant: str
    decoding: Decoding
    items: tuple[Item, ...]
    wanted: frozenset[str]


def plan_recoveries(log: RunLog) -> list[RecoveryBatch]:
    """What is still to be re-decoded, as soon as every item is scored: the items that recovery is
    for, and after them its control.

    Batches depend on scores alone, so that a resumed run decodes in the same batches, and with the
    same rounding, as an uninterrupted one; those that the log has all of are left out.
    """
    settings = log.manifest.settings
    done = {(one.item_id, one.variant, one.decoding) for one in log.redecodes}
    planned = []
    for variant in settings.recipes:
        frame = pairs_frame(log.scored.values(), settings.against, variant)
        chosen = (recoverable(frame, settings), control(frame, settings))
        groups = [[log.scored[id_].item for id_ in log.items if id_ in ids] for ids in chosen]
        for text in settings.recover:
            decoding = parse_decoding(text).seeded(settings.seed)
            for batch in chain.from_iterable(_batches(items, decoding, log) for items in groups):
                missing = [one.id for one in batch if (one.id, variant, decoding) not in done]
                if missing:
                    planned.append(
                        RecoveryBatch(
                            variant=variant,
                            decoding=decoding,
                            items=batch,
                            wanted=frozenset(missing),
                        )
                    )
    return planned


def _batches(items: list[Item], decoding: Decoding, log: RunLog) -> Iterator[tuple[Item, ...]]:
    """Items of like length; those that lack examples are left out."""
    rows = decoding.hypotheses
    most = max(1, HYPOTHESES_PER_ITEM * log.manifest.settings.batch_size // rows)
    if decoding.examples:
        everything = list(log.items.values())
        items = [item for item in items if _has_examples(decoding, item, everything)]
    # An example in the prompt is about as long as the rest of it.
    parts = 1 + decoding.examples
    lengths = {item.id: parts * len(log.scored[item.id].prompt.encode()) for item in items}
    batch: list[Item] = []
    for item in sorted(items, key=lambda item: lengths[item.id]):
        full = (len(batch) + 1) * rows * lengths[item.id] > BATCH_BYTES
        if batch and (full or len(batch) == most):
            yield tuple(batch)
            batch = []
        batch.append(item)
    if batch:
        yield tuple(batch)


def _has_examples(decoding: Decoding, item: Item, items: list[Item]) -> bool:
    try:
        strategy_of(decoding).examples(decoding, item, items)
    except UserError:
        return False
    return True
