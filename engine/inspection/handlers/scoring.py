"""Scoring the items of a run in the background, then recovering those that are to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.inspection.borrowing import with_saved_options
from engine.inspection.fitting import RECOVERY, fitting_size
from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.inspection.manifests import new_manifest
from engine.inspection.opened import OpenedRun
from engine.inspection.others import Others
from engine.inspection.scoring import Scoring
from engine.inspection.settings import as_asked, canonical
from engine.inspection.telling import tell_run
from engine.items.benchmarks.catalogue import hub_languages
from engine.items.reading import ItemSet, item_set, licence_of, read_items
from engine.models.batch_size import BatchSize
from engine.records.hypotheses import Redecode
from engine.records.items import Item
from engine.records.manifest import ItemsRecord
from engine.records.protocol import (
    SHOWN_UNSCORED,
    DecodeFinished,
    Notice,
    Progress,
    RunFinished,
    StartRun,
)
from engine.records.settings import Settings
from engine.runs.directories import default_directory
from engine.runs.log import RunLog

NO_OPTIONS = (
    "{lacking} of {total} items have no options, and no other item's answer is like theirs: "
    "for them there is no choice"
)

if TYPE_CHECKING:
    from engine.inspection.recovery import RecoveryBatch


def _start(inspection: Inspection, request: StartRun) -> None:
    began = time.monotonic()
    inspection.close_run()
    settings = canonical(request.settings)
    directory = Path(request.directory or default_directory(settings)).absolute()
    items = with_saved_options(_items(inspection, request, settings), directory)
    record = ItemsRecord(
        source=items.source,
        hash=items.hash,
        count=len(items.items),
        licence=items.licence,
        borrowed=sum(item.distractors is not None for item in items.items),
    )
    asked = [as_asked(item, settings) for item in items.items]
    share = request.share
    open_log = RunLog.open if share.rank == 0 else RunLog.open_part
    log = open_log(directory, new_manifest(settings, record), asked)
    run = inspection.open_run(log, share)
    others = Others(directory, log, share, inspection.emit)
    if lacking := sum(not item.options for item in asked):
        inspection.emit(Notice(text=NO_OPTIONS.format(lacking=lacking, total=len(asked))))
    tell_run(inspection, run, to_come=SHOWN_UNSCORED if share.processes == 1 else 0)
    others.take_in()
    if len(log.scored) < len(asked):
        Scoring(inspection, run, asked, others).score()
    _recover(inspection, run, others)
    others.settle(inspection.check)
    inspection.emit(RunFinished(seconds=time.monotonic() - began))


def _items(inspection: Inspection, request: StartRun, settings: Settings) -> ItemSet:
    """The items as the client has sent them, or read."""
    if request.items is not None:
        return item_set(request.items, settings.items, licence_of(settings.items))
    if languages := hub_languages(settings.items):
        detail = ", ".join(languages)
        inspection.emit(Progress(stage="items", detail=detail, done=0, total=len(languages)))
    return read_items(
        settings.items, languages=settings.languages, limit=settings.limit, seed=settings.seed
    )


def _recover(inspection: Inspection, run: OpenedRun, others: Others) -> None:
    """Re-decode items as the settings ask for, in batches."""
    # It brings polars, which nothing needs before.
    from engine.analysis.recovery_items import recoverable_text
    from engine.inspection.recovery import plan_recoveries

    batches = plan_recoveries(run.log)
    settings = run.log.manifest.settings
    if not batches:
        if settings.recover and not run.log.redecodes:
            text = f"nothing to bring back: the run has no {recoverable_text(settings)}"
            inspection.emit(Notice(text=text))
        return
    total = sum(len(batch.wanted) for batch in batches)
    before = len(run.log.redecodes)
    loaded = run.ready(()).loaded
    size = fitting_size(RECOVERY, loaded, run.keeper, inspection.emit, begun=before > 0)
    for batch in others.in_turn(
        lambda: batches,
        name=lambda batch: f"{batch.variant} {batch.decoding.label} {batch.items[0].id}",
        undone=lambda batch: bool(_missing(run, batch)),
    ):
        progress = Progress(
            stage="recover",
            detail=batch.decoding.label,
            done=min(len(run.log.redecodes) - before, total),
            total=total,
            variant=batch.variant,
        )
        _recover_batch(inspection, run, batch, size, progress)


def _missing(run: OpenedRun, batch: RecoveryBatch) -> set[str]:
    """The ids of the items of a batch that the log doesn't have yet."""
    return {
        id_ for id_ in batch.wanted if not run.log.redecoded((id_, batch.variant, batch.decoding))
    }


def _recover_batch(
    inspection: Inspection,
    run: OpenedRun,
    batch: RecoveryBatch,
    size: BatchSize,
    progress: Progress,
) -> None:
    """Re-decode the items of a batch that the log doesn't have yet."""

    def decode(piece: Sequence[Item]) -> list[Redecode]:
        inspection.between_batches()
        inspection.emit(progress)
        return run.redecode(piece, batch.variant, batch.decoding, _untold, inspection.step)

    def wanted(item: Item) -> bool:
        return item.id in _missing(run, batch)

    weight = batch.decoding.hypotheses
    for results in size.compute(batch.items, decode, weight=weight, wanted=wanted):
        for result in results:
            if result.item_id in _missing(run, batch):
                run.log.append_redecode(result)
                inspection.emit(DecodeFinished(redecode=result))


def _untold(step: int, steps: int, texts: tuple[str, ...]) -> None:
    """Recovery in the background tells no steps."""


HANDLER = Handler(StartRun, _start)
