"""Looking into a variant with an instrument, for one item or many, when a user asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.inspection.opened import OpenedRun
from engine.models.weights import input_device
from engine.probing.prober import prober_of
from engine.probing.probing import Probing, batches_of, subjects
from engine.records.errors import UserError
from engine.records.instruments.instrument import Finding
from engine.records.items import Item
from engine.records.protocol import Probe, ProbeFinished, ProbeStep
from engine.records.settings import DENSE
from engine.scoring.passes import pass_tokens

SECONDS_APART = 0.1
"""Steps are told at most so often."""


def _probe(inspection: Inspection, request: Probe) -> None:
    run, instrument, variant = inspection.run, request.instrument, request.variant
    if instrument.compares and variant == DENSE:
        raise UserError(
            f"{instrument.name} looks at a compressed variant beside the dense model",
            "Name one of the run's recipes.",
        )
    unknown = [one for one in request.item_ids if one not in run.log_of(one).items]
    if unknown:
        raise UserError(f"the run has no item {unknown[0]}")
    prober = prober_of(instrument)
    known = run.log.findings | run.asked.findings
    wanted = []
    for item_id in dict.fromkeys(request.item_ids):
        finding = known.get((item_id, variant, instrument))
        if finding is None:
            wanted.append(item_id)
        else:
            inspection.emit(ProbeFinished(finding=finding))
    if not wanted:
        return
    bench = run.ready((variant,))
    model = bench.loaded.model
    asked = [_as_scored(run, item_id) for item_id in wanted]
    every = subjects(asked, bench.loaded.tokenizer, bench.settings)
    room = 0 if prober.alone else pass_tokens(input_device(model))
    batches = list(batches_of(every, room))
    for number, batch in enumerate(batches):
        if len(batches) > 1:
            # What a person asks meanwhile need not wait for all items.
            inspection.step()
        probing = Probing(
            variants=bench.variants,
            tokenizer=bench.loaded.tokenizer,
            settings=bench.settings,
            variant=variant,
            calibration=bench.calibration,
            kept=run.kept,
            step=_teller(inspection, number, len(batches)),
            check=inspection.check,
        )
        found = prober.find(probing, batch, instrument)
        run.append_findings(found)
        for finding in found:
            inspection.emit(ProbeFinished(finding=finding))


def _as_scored(run: OpenedRun, item_id: str) -> tuple[Item, str]:
    """An item, and its gold answer or the alias that the reference does best on."""
    log = run.log_of(item_id)
    scored = log.scored.get(item_id)
    if scored is None:
        item = log.items[item_id]
        return item, item.gold
    if not scored.item.gold:
        raise UserError(
            f"{item_id} has no gold answer to look for", "Ask the question again with one."
        )
    # As it was scored: its passage may have been cut to fit the context.
    score = scored.scores.get(run.log.manifest.settings.against)
    gold = None if score is None else score.gold
    return scored.item, scored.item.gold if gold is None else gold.answer


def _teller(
    inspection: Inspection, number: int, batches: int
) -> Callable[[str, float, Finding | None], None]:
    told = -SECONDS_APART

    def tell(detail: str, share: float, finding: Finding | None) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < SECONDS_APART:
            return
        told = now
        if batches > 1:
            detail = f"{detail}, batch {number + 1} of {batches}"
        inspection.emit(ProbeStep(detail=detail, share=(number + share) / batches, finding=finding))

    return tell


HANDLER = Handler(Probe, _probe)
