"""Getting a model and its variants ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import metadata

import msgspec
import psutil
import torch
from torch import Tensor

from engine.compression.cache import VariantKey, load_variant, store_variant
from engine.compression.calibration import calibration_sequences
from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles
from engine.compression.texts import CalibrationText
from engine.methods.amounts import Checkpoint
from engine.methods.recipes import needs_calibration, parse_recipe
from engine.methods.registry import outside_package
from engine.models.checkpoints import require_same_vocabulary, zeros_in_blocks
from engine.models.devices import Placement, choose_placement
from engine.models.loading import LoadedModel, load_model
from engine.models.paths import cache_directory
from engine.models.resolving import Budget, resolve_model
from engine.models.variants import Variants
from engine.records.errors import UserError
from engine.records.manifest import BlockSparsity, CalibrationRecord, Manifest, VariantRecord
from engine.records.protocol import Event, ManifestChanged, Progress
from engine.records.recipes import Recipe
from engine.records.settings import DENSE, Settings

SHIPPED_CALIBRATION = {"SmolLM2-135M-Instruct": "smollm2-135m-instruct.safetensors"}
"""Calibration samples that come with the package, by the name of the embedded model."""


def canonical(settings: Settings) -> Settings:
    """The settings with recipes in their written form.

    Raises:
        RecipeError: a recipe can't be understood.
        UserError: the same variant is asked for twice.
    """
    against = settings.against
    if against != DENSE:
        against = str(parse_recipe(against))
    recipes = tuple(str(parse_recipe(text)) for text in settings.recipes)
    names = (against, *recipes)
    if not recipes or len(set(names)) != len(names):
        raise UserError(
            f"The variants {', '.join(names)} are not all different",
            "Name one or more recipes, each once, other than what they are compared against.",
        )
    return msgspec.structs.replace(settings, against=against, recipes=recipes)


def package_versions() -> dict[str, str]:
    """Versions of what shapes numbers."""
    names = ("illusion-tui", "torch", "transformers", "tokenizers", "accelerate", "safetensors")
    return {name: metadata.version(name) for name in names}


def throttled(emit: Callable[[Event], None]) -> Callable[[Event], None]:
    """Pass on every event but progress of the same stage that follows too soon to be seen."""
    stage = ""
    told = 0.0

    def passed(event: Event) -> None:
        nonlocal stage, told
        now = time.monotonic()
        if isinstance(event, Progress):
            if event.stage == stage and event.done != event.total and now - told < 0.1:
                return
            stage, told = event.stage, now
        emit(event)

    return passed


class Workbench:
    """A loaded model with the variants that have been made so far.

    Args:
        settings: canonical.
        manifest: of the run; `manifest` grows as more is known.
        emit: takes progress and manifest events.
        check: raises to cancel; called between all longer steps.
    """

    def __init__(
        self,
        settings: Settings,
        manifest: Manifest,
        emit: Callable[[Event], None],
        check: Callable[[], None],
    ) -> None:
        self.settings = settings
        self.manifest = manifest
        self._emit = throttled(emit)
        self._check = check
        self._cache = cache_directory()
        self._calibration: tuple[Tensor, CalibrationRecord] | None = None
        self.loaded = self._load()
        free = self._free_placement(self.loaded.placement).memory_bytes
        self.variants = Variants(self.loaded.model, free)

    def make(self, name: str) -> None:
        """Make the named variant, unless it is there."""
        if name in self.variants.names:
            return
        recipe = parse_recipe(name)
        if isinstance(recipe.amount, Checkpoint):
            self._open_checkpoint(name, recipe, recipe.amount.source)
        else:
            self._compress(name, recipe)

    def _compress(self, name: str, recipe: Recipe) -> None:
        sequences = self._sequences(recipe)

        def on_progress(detail: str, done: int, total: int) -> None:
            self._emit(Progress(stage="prune", detail=detail, done=done, total=total, variant=name))

        loaded, directory = self.loaded, self._cache / "variants"
        key = self._key(recipe)
        compressed = load_variant(directory, key, loaded.model) if key else None
        if compressed is None:
            reporter = Reporter(on_progress, self._check)
            compressed = compress(loaded.model, recipe, sequences, reporter)
            if key is not None:
                store_variant(directory, key, loaded.model, compressed)
        self.variants.add(name, compressed.tensors)
        self._record(name, recipe, compressed.blocks, compressed.notes)

    def _key(self, recipe: Recipe) -> VariantKey | None:
        """What the variant's weights depend on; None where that can't be told.

        That is where the model's weights have no hash, and for a method of another package, whose
        code may change from one run to the next.
        """
        record, placement = self.loaded.record, self.loaded.placement
        if record.weights_hash is None or outside_package(recipe.method) is not None:
            return None
        calibration = self._calibration[1].hash if self._calibration else None
        return VariantKey(
            weights_hash=record.weights_hash,
            recipe=str(recipe),
            calibration_hash=calibration if needs_calibration(recipe) else None,
            # A GPU rounds otherwise than a CPU, which can turn a near tie between two weights.
            dtype=f"{placement.dtype} on {placement.device.partition(':')[0]}",
        )

    def _open_checkpoint(self, name: str, recipe: Recipe, checkpoint: str) -> None:
        dense = self.loaded
        placement = self._free_placement(dense.placement)
        budget = Budget(placement.memory_bytes, placement.torch_dtype.itemsize)
        resolved = resolve_model(checkpoint, None, self._cache, budget, self._progress)
        self._progress("load", resolved.name, 0, None)
        other = load_model(
            resolved,
            placement,
            self._cache,
            trust_remote_code=self.settings.trust_remote_code,
        )
        require_same_vocabulary(dense, other)
        self.variants.add_model(name, other.model)
        note = f"weights {other.record.weights_hash} of {other.record.source}"
        blocks, notes = zeros_in_blocks(other.model)
        self._record(name, recipe, blocks, (note, *notes))

    def _record(
        self, name: str, recipe: Recipe, blocks: tuple[BlockSparsity, ...], notes: tuple[str, ...]
    ) -> None:
        record = VariantRecord(name=name, label=recipe.label, blocks=blocks, notes=notes)
        others = tuple(one for one in self.manifest.variants if one.name != name)
        self._tell(variants=(*others, record))

    def _load(self) -> LoadedModel:
        settings = self.settings
        placement = choose_placement(settings.device, settings.dtype, settings.max_memory_gib)
        resolved = resolve_model(
            settings.model, settings.revision, self._cache, self._budget(placement), self._progress
        )
        self._check()
        self._progress("load", resolved.name, 0, None)
        loaded = load_model(
            resolved, placement, self._cache, trust_remote_code=settings.trust_remote_code
        )
        self._tell(
            model=loaded.record,
            dtype=placement.dtype,
            device=f"{placement.device} ({placement.name})",
            versions=package_versions(),
        )
        self._check()
        return loaded

    def _sequences(self, recipe: Recipe) -> Tensor:
        if not needs_calibration(recipe):
            return torch.empty(0, 0, dtype=torch.long)
        if self._calibration is None:
            settings = self.settings
            record = self.loaded.record
            shipped = SHIPPED_CALIBRATION.get(record.name) if record.source == "embedded" else None
            self._calibration = calibration_sequences(
                self.loaded.model,
                self.loaded.tokenizer,
                CalibrationText(
                    settings.calibration,
                    settings.calibration_sequences,
                    settings.calibration_tokens,
                    settings.seed,
                ),
                SampleFiles(self._cache / "calibration", record.weights_hash, shipped),
                Reporter(
                    lambda detail, done, total: self._progress("calibrate", detail, done, total),
                    self._check,
                ),
            )
            self._tell(calibration=self._calibration[1])
        return self._calibration[0]

    def _free_placement(self, placement: Placement) -> Placement:
        """The placement of the dense model, with the memory that is free by now."""
        limit = self.settings.max_memory_gib
        return choose_placement(placement.device, placement.dtype, limit)

    def _budget(self, placement: Placement) -> Budget:
        available = placement.memory_bytes
        if placement.device != "cpu":
            available += int(psutil.virtual_memory().available)
        copies = sum(name != DENSE for name in self.settings.variants)
        return Budget(available, placement.torch_dtype.itemsize * (1 + copies))

    def _progress(self, stage: str, detail: str, done: int, total: int | None) -> None:
        self._emit(Progress(stage=stage, detail=detail, done=done, total=total))

    def _tell(self, **known: object) -> None:
        self.manifest = msgspec.structs.replace(self.manifest, **known)
        self._emit(ManifestChanged(manifest=self.manifest))
