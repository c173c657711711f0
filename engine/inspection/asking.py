"""Scoring what a user asks beside the items of a run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec

from engine.inspection.opened import OpenedRun
from engine.inspection.planning import preparer
from engine.items.asking import asked_item
from engine.records.items import BORROWED
from engine.records.protocol import Ask
from engine.records.scores import ScoredItem
from engine.runs.asked import PREFIX
from engine.scoring.items import score_batch

NOTE = "asked, not of the run"


def score_asked(run: OpenedRun, ask: Ask, check: Callable[[], None]) -> ScoredItem:
    """Score a question under every variant of the run and keep it; known ones are not scored again.

    `check` is called between blocks; it raises to cancel.

    Raises:
        UserError: it is no question, or it can't be scored.
    """
    log, asked = run.log, run.asked
    settings = msgspec.structs.replace(log.manifest.settings, floor=False)
    item = asked_item(ask, PREFIX, log.items.values(), settings.seed, run.background)
    for scored in asked.scored.values():
        if msgspec.structs.replace(scored.item, id=PREFIX) == item:
            return scored
    bench = run.ready(settings.variants)
    tokenizer = bench.loaded.tokenizer
    prepared = preparer(bench.loaded.model, tokenizer, settings)(item)
    [scored] = score_batch(
        bench.variants,
        tokenizer,
        [prepared],
        settings,
        check,
        packed=run.packed([prepared.open.ids]),
        background=run.background,
    )
    notes = (NOTE, *([BORROWED] if item.distractors else []), *scored.notes)
    # Only now: another question may have been answered in the middle of this one.
    item = msgspec.structs.replace(scored.item, id=_free_id(run))
    scored = msgspec.structs.replace(scored, item=item, notes=notes)
    asked.append_scored(scored)
    return scored


def _free_id(run: OpenedRun) -> str:
    ids = (f"{PREFIX}{number}" for number in count(len(run.asked.scored) + 1))
    return next(one for one in ids if one not in run.asked.scored and one not in run.log.items)
