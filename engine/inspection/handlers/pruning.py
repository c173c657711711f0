"""Writing a variant as a checkpoint."""

from __future__ import annotations

from pathlib import Path

from engine.compression.saving import require_free, save_checkpoint
from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.inspection.manifests import ManifestKeeper, new_manifest
from engine.inspection.settings import canonical
from engine.inspection.workbench import Workbench
from engine.methods.amounts import Checkpoint
from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from engine.records.manifest import ItemsRecord, Manifest
from engine.records.protocol import CheckpointSaved, ManifestChanged, Progress, Prune


def _prune(inspection: Inspection, request: Prune) -> None:
    settings, directory = canonical(request.settings), Path(request.directory)
    name = settings.recipes[0]
    if isinstance(parse_recipe(name).amount, Checkpoint):
        raise UserError(f"{name} is a finished checkpoint", "Name a recipe that makes one.")
    require_free(directory)
    keeper = ManifestKeeper(
        new_manifest(settings, ItemsRecord(source="", hash="", count=0)),
        write=_nowhere,
        tell=lambda manifest: inspection.emit(ManifestChanged(manifest=manifest)),
    )
    bench = Workbench.load(keeper, inspection.emit, inspection.check)
    bench.make(name)
    inspection.emit(Progress(stage="save", detail=str(directory), done=0, total=None))
    model, tokenizer = bench.loaded.model, bench.loaded.tokenizer
    save_checkpoint(model, tokenizer, bench.variants.tensors(name), directory, keeper.manifest)
    inspection.emit(CheckpointSaved(directory=str(directory), manifest=keeper.manifest))


def _nowhere(_: Manifest) -> None:
    """The manifest goes into the checkpoint when that is written."""


HANDLER = Handler(Prune, _prune)
