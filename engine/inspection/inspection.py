"""The worker: takes requests from the inbox, one at a time, and emits events."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import torch

from engine.compression.saving import require_free, save_checkpoint
from engine.inspection.diagnosis import diagnose
from engine.inspection.inbox import Inbox
from engine.inspection.opened import OpenedRun
from engine.inspection.planning import plan_batches, prepare_items
from engine.inspection.preparation import Workbench, canonical, package_versions
from engine.inspection.recovery import plan_recoveries
from engine.items.benchmarks.catalogue import hub_languages
from engine.items.reading import ItemSet, read_items
from engine.methods.amounts import Checkpoint
from engine.methods.recipes import parse_recipe
from engine.records.errors import Cancelled, UserError
from engine.records.items import Item
from engine.records.manifest import ItemsRecord, Manifest
from engine.records.protocol import (
    CheckpointSaved,
    Decode,
    DecodeEnded,
    DecodeFinished,
    DecodeStep,
    Diagnose,
    Diagnosis,
    Event,
    Failed,
    HypothesisFound,
    ItemScored,
    OpenRun,
    Progress,
    Prune,
    Request,
    RunFinished,
    RunOpened,
    StartRun,
)
from engine.records.settings import Settings
from engine.runs.directories import default_directory
from engine.runs.log import RunLog
from engine.scoring.items import score_batch
from engine.scoring.prompts import resolve_style


class Inspection:
    """Serves requests until it is told to stop.

    Args:
        inbox: where requests arrive.
        emit: takes every event.
    """

    def __init__(self, inbox: Inbox, emit: Callable[[Event], None]) -> None:
        self._inbox = inbox
        self._emit = emit
        self._run: OpenedRun | None = None

    def serve(self) -> None:
        """Handle requests until a `Shutdown` arrives."""
        try:
            while (request := self._inbox.get()) is not None:
                self._guarded(request)
        except Cancelled:
            pass
        finally:
            self._close()

    def _guarded(self, request: Request) -> None:
        id_ = request.id if isinstance(request, Decode) else None
        try:
            self._handle(request)
        except Cancelled:
            raise
        except UserError as error:
            self._fail(id_, error.message, error.hint, error.status)
        except torch.OutOfMemoryError as error:
            traceback.print_exc(file=sys.stderr)
            hint = "Use a smaller --batch-size or model; what is scored so far is kept."
            self._fail(id_, f"The device is out of memory: {error}", hint, 1)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            hint = "The engine's log has the traceback; what is scored so far is kept."
            self._fail(id_, f"{type(error).__name__}: {error}", hint, 1)

    def _fail(self, id_: str | None, message: str, hint: str, status: int) -> None:
        self._emit(Failed(id=id_, message=message, hint=hint, status=status))
        if id_ is not None:
            self._emit(DecodeEnded(id=id_))

    def _handle(self, request: Request) -> None:
        match request:
            case StartRun(settings=settings, directory=directory):
                self._close()
                self._start(canonical(settings), directory)
            case OpenRun(directory=directory):
                self._close()
                self._opened(RunLog.attach(Path(directory)))
            case Decode():
                self._decode(request)
            case Prune(settings=settings, directory=directory):
                self._prune(canonical(settings), Path(directory))
            case Diagnose():
                self._emit(Diagnosis(sections=diagnose()))
            case _:
                raise UserError(f"{type(request).__name__} can't be served now")

    def _close(self) -> None:
        if self._run is not None:
            self._run.close()
        self._run = None

    # -- scoring ------------------------------------------------------------------------

    def _start(self, settings: Settings, directory: str | None) -> None:
        began = time.monotonic()
        if languages := hub_languages(settings.items):
            self._emit(
                Progress(stage="items", detail=", ".join(languages), done=0, total=len(languages))
            )
        found = read_items(
            settings.items, languages=settings.languages, limit=settings.limit, seed=settings.seed
        )
        items = [_withheld(item, settings) for item in found.items]
        path = Path(directory) if directory else default_directory(settings)
        log = RunLog.open(path, _new_manifest(settings, found), items)
        run = self._opened(log)
        for scored in log.scored.values():
            self._emit(ItemScored(scored=scored))
        for kept in log.redecodes:
            self._emit(DecodeFinished(id="", redecode=kept))
        if len(log.scored) < len(items):
            self._score(run, items)
        self._recover(run)
        self._emit(RunFinished(seconds=time.monotonic() - began))

    def _opened(self, log: RunLog) -> OpenedRun:
        self._run = OpenedRun(log, self._emit, self._inbox.check)
        self._emit(
            RunOpened(
                directory=str(log.directory),
                manifest=log.manifest,
                items=len(log.items),
                done=len(log.scored),
            )
        )
        return self._run

    def _score(self, run: OpenedRun, items: list[Item]) -> None:
        log = run.log
        bench = run.ready(log.manifest.settings.variants)
        settings = bench.settings
        tokenizer = bench.loaded.tokenizer
        styles = sorted({resolve_style(settings.prompt, item, tokenizer) for item in items})
        run.note(msgspec.structs.replace(bench.manifest, prompt=", ".join(styles)))
        prepared = prepare_items(items, bench.loaded.model, tokenizer, settings)
        for batch in plan_batches(prepared, settings.batch_size):
            if all(one.item.id in log.scored for one in batch):
                continue
            self._between_batches()
            scored = score_batch(bench.variants, tokenizer, batch, settings, self._inbox.check)
            log.append_scored(scored)
            for one in scored:
                self._emit(ItemScored(scored=one))

    def _recover(self, run: OpenedRun) -> None:
        """Re-decode items as the settings ask for, in batches."""
        batches = plan_recoveries(run.log)
        total = sum(len(batch.wanted) for batch in batches)
        done = 0
        for batch in batches:
            self._between_batches()
            name, label = batch.variant, batch.decoding.label
            self._emit(
                Progress(stage="recover", detail=label, done=done, total=total, variant=name)
            )
            for found in run.redecode(batch.items, name, batch.decoding, _untold):
                if found.item_id in batch.wanted:
                    run.log.append_redecode(found)
                    self._emit(DecodeFinished(id="", redecode=found))
                    done += 1

    def _between_batches(self) -> None:
        self._inbox.wait_while_paused()
        while self._inbox.decodes:
            self._guarded(self._inbox.decodes.popleft())
            self._inbox.wait_while_paused()

    # -- re-decoding --------------------------------------------------------------------

    def _decode(self, request: Decode) -> None:
        run = self._run
        if run is None:
            raise UserError("There is no run to re-decode in", "Open one first.")
        log = run.log
        item = log.items.get(request.item_id)
        if item is None:
            raise UserError(f"The run has no item {request.item_id}")
        if item.id in log.scored:
            # As it was scored: its passage may have been cut to fit the context.
            item = log.scored[item.id].item
        self._inbox.begin(request)
        cancelled = False
        try:
            run.ready(request.variants)
            for name in request.variants:
                self._decode_under(run, request, item, name)
        except Cancelled:
            if self._inbox.stopping:
                raise
            cancelled = True
        finally:
            self._inbox.end()
        self._emit(DecodeEnded(id=request.id, cancelled=cancelled))

    def _decode_under(self, run: OpenedRun, request: Decode, item: Item, name: str) -> None:
        id_ = request.id

        def on_step(step: int, steps: int, texts: tuple[str, ...]) -> None:
            self._emit(DecodeStep(id=id_, variant=name, step=step, steps=steps, texts=texts))

        [found] = run.redecode([item], name, request.decoding, on_step)
        for hypothesis in found.hypotheses:
            self._emit(HypothesisFound(id=id_, variant=name, hypothesis=hypothesis))
        run.log.append_redecode(found)
        self._emit(DecodeFinished(id=id_, redecode=found))

    # -- checkpoints --------------------------------------------------------------------

    def _prune(self, settings: Settings, directory: Path) -> None:
        manifest = Manifest(
            settings=settings,
            items=ItemsRecord(source="", hash="", count=0),
            created=_now(),
            versions=package_versions(),
        )
        name = settings.recipes[0]
        if isinstance(parse_recipe(name).amount, Checkpoint):
            raise UserError(f"{name} is a finished checkpoint", "Name a recipe that makes one.")
        require_free(directory)
        bench = Workbench(settings, manifest, self._emit, self._inbox.check)
        bench.make(name)
        self._emit(Progress(stage="save", detail=str(directory), done=0, total=None))
        tensors = bench.variants.tensors(name)
        loaded = bench.loaded
        save_checkpoint(loaded.model, loaded.tokenizer, tensors, directory, bench.manifest)
        self._emit(CheckpointSaved(directory=str(directory), manifest=bench.manifest))


def _untold(step: int, steps: int, texts: tuple[str, ...]) -> None:
    """Recovery in the background tells no steps."""


def _withheld(item: Item, settings: Settings) -> Item:
    return msgspec.structs.replace(item, passage=None) if settings.closed_book else item


def _new_manifest(settings: Settings, found: ItemSet) -> Manifest:
    record = ItemsRecord(
        source=found.source, hash=found.hash, count=len(found.items), licence=found.licence
    )
    return Manifest(settings=settings, items=record, created=_now(), versions=package_versions())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
