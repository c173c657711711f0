"""Writing a variant as a checkpoint."""

from __future__ import annotations

from pathlib import Path

from engine.compression.handing_over import (
    calibration_lines,
    compressor_recipe,
    gptqmodel_arguments,
)
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
from engine.records.recipes import KEEP
from engine.records.settings import DENSE, Settings

LLM_COMPRESSOR, CALIBRATION = "llm-compressor.yaml", "calibration.jsonl"
GPTQMODEL = "gptqmodel.json"
"""Not `quantize_config.json`: by a file of that name GPTQModel takes a checkpoint for one that is
packed already."""


def _prune(inspection: Inspection, request: Prune) -> None:
    settings, directory = canonical(request.settings), Path(request.directory)
    name = settings.recipes[0]
    recipe = parse_recipe(name)
    finished = isinstance(recipe.amount, Checkpoint)
    if finished and not recipe.kept:
        raise UserError(
            f"{name} is a finished checkpoint",
            f"Name a recipe that makes one, or blocks to restore: {name}+{KEEP}0.2.",
        )
    require_free(directory)
    keeper = ManifestKeeper(
        new_manifest(settings, ItemsRecord(source="", hash="", count=0)),
        write=_nowhere,
        tell=lambda manifest: inspection.emit(ManifestChanged(manifest=manifest)),
    )
    items = _items(settings) if uses_items(recipe, settings) else ()
    bench = Workbench.load(keeper, items, inspection.emit, inspection.check)
    bench.make(name)
    inspection.emit(Progress(stage="save", detail=str(directory), done=0, total=None))
    # Of a checkpoint its own model is saved as it is with blocks restored, of others the dense one
    # with the variant's weights.
    with bench.variants.using(name if finished else DENSE) as model:
        save_checkpoint(
            model,
            bench.loaded.tokenizer,
            {} if finished else bench.variants.tensors(name),
            directory,
            keeper.manifest,
            _beside(bench, keeper.manifest),
        )
    inspection.emit(CheckpointSaved(directory=str(directory), manifest=keeper.manifest))


def _beside(bench: Workbench, manifest: Manifest) -> dict[str, str]:
    """What other tools make the same variant of: calibration text, and a recipe of theirs."""
    recipe = parse_recipe(bench.settings.recipes[0])
    [blocks] = (one.blocks for one in manifest.variants if one.name == str(recipe))
    model = bench.loaded.model
    files = {
        LLM_COMPRESSOR: compressor_recipe(model, recipe, blocks),
        GPTQMODEL: gptqmodel_arguments(model, recipe),
    }
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
