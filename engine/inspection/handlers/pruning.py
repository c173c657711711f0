"""Writing a variant as a checkpoint."""

from __future__ import annotations

from pathlib import Path

from engine.compression.handing_over import calibration_lines, compressor_recipe
from engine.compression.saving import require_free, save_checkpoint
from engine.inspection.calibrating import uses_items
from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.inspection.manifests import ManifestKeeper, new_manifest
from engine.inspection.settings import as_asked, canonical
from engine.inspection.workbench import Workbench
from engine.items.reading import read_items
from engine.methods.amounts import Checkpoint
from engine.methods.recipes import parse_recipe
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.manifest import ItemsRecord, Manifest
from engine.records.protocol import CheckpointSaved, ManifestChanged, Progress, Prune
from engine.records.settings import Settings

LLM_COMPRESSOR, CALIBRATION = "llm-compressor.yaml", "calibration.jsonl"


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
    items = _items(settings) if uses_items(parse_recipe(name), settings) else ()
    bench = Workbench.load(keeper, items, inspection.emit, inspection.check)
    bench.make(name)
    inspection.emit(Progress(stage="save", detail=str(directory), done=0, total=None))
    model, tokenizer = bench.loaded.model, bench.loaded.tokenizer
    save_checkpoint(
        model,
        tokenizer,
        bench.variants.tensors(name),
        directory,
        keeper.manifest,
        _beside(bench, keeper.manifest),
    )
    inspection.emit(CheckpointSaved(directory=str(directory), manifest=keeper.manifest))


def _beside(bench: Workbench, manifest: Manifest) -> dict[str, str]:
    """What other tools make the same variant of: calibration text, llm-compressor's recipe."""
    recipe = parse_recipe(bench.settings.recipes[0])
    [blocks] = (one.blocks for one in manifest.variants if one.name == str(recipe))
    files = {LLM_COMPRESSOR: compressor_recipe(bench.loaded.model, recipe, blocks)}
    sequences = bench.texts.of_recipe(recipe)[0]
    if sequences.numel():
        files[CALIBRATION] = calibration_lines(sequences, bench.loaded.tokenizer)
    return {name: text for name, text in files.items() if text is not None}


def _items(settings: Settings) -> tuple[Item, ...]:
    items = read_items(
        settings.items, languages=settings.languages, limit=settings.limit, seed=settings.seed
    ).items
    return tuple(as_asked(item, settings) for item in items)


def _nowhere(_: Manifest) -> None:
    """The manifest goes into the checkpoint when that is written."""


HANDLER = Handler(Prune, _prune)
