"""A loaded model with the variants that have been made so far."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from engine.compression.cache import VariantKey, load_variant, store_variant
from engine.compression.calibration import calibration_sequences
from engine.compression.compress import compress
from engine.compression.reporter import Reporter
from engine.compression.sampling import SampleFiles
from engine.compression.texts import CalibrationText
from engine.files import held
from engine.inspection.manifests import ManifestKeeper, package_versions
from engine.methods.amounts import Checkpoint
from engine.methods.recipes import needs_calibration, parse_recipe
from engine.methods.registry import outside_package
from engine.models.checkpoints import require_same_vocabulary, zeros_in_blocks
from engine.models.devices import Placement, choose_placement, device_memory, device_of
from engine.models.loading import LoadedModel, load_model
from engine.models.paths import cache_directory
from engine.models.resolving import Budget, resolve_model
from engine.models.variants import Variants, room_for_variants
from engine.records.manifest import BlockSparsity, CalibrationRecord, VariantRecord
from engine.records.protocol import Event, Progress
from engine.records.recipes import Recipe
from engine.records.settings import DENSE, Settings
from engine.records.share import ALONE, Share

SHIPPED_CALIBRATION = {"SmolLM2-135M-Instruct": "smollm2-135m-instruct.safetensors"}
"""Calibration samples that come with the package, by the name of the embedded model."""

Emit = Callable[[Event], None]


class Workbench:
    """A model and its variants; `load` makes one.

    Args:
        loaded: the dense model.
        keeper: of the manifest, which grows as variants are made.
        emit: takes progress.
        check: raises to cancel; called between all longer steps.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        keeper: ManifestKeeper,
        emit: Emit,
        check: Callable[[], None],
    ) -> None:
        self.loaded = loaded
        self.settings = keeper.manifest.settings
        self._keeper = keeper
        self._emit = emit
        self._check = check
        self._cache = cache_directory()
        self._calibration: tuple[Tensor, CalibrationRecord] | None = None
        self.variants = Variants(loaded.model, room_for_variants(loaded.model, loaded.placement))

    @classmethod
    def load(
        cls,
        keeper: ManifestKeeper,
        emit: Emit,
        check: Callable[[], None],
        share: Share = ALONE,
    ) -> Workbench:
        """Find, fetch and load the model of the manifest's settings.

        `share` is this process's, where several score the run: it may have a device of its own.

        Raises:
            UserError: there is no such model, it doesn't fit, or a run was begun with another one.
        """
        settings, cache = keeper.manifest.settings, cache_directory()
        device = device_of(settings.device, share)
        placement = choose_placement(device, settings.dtype, settings.max_memory_gib)
        progress = _progress_of(emit)
        budget = _budget(placement, settings)
        resolved = resolve_model(settings.model, settings.revision, cache, budget, progress, check)
        check()
        progress("load", resolved.name, 0, None)
        loaded = load_model(
            resolved, placement, cache, trust_remote_code=settings.trust_remote_code
        )
        keeper.update(
            model=loaded.record,
            dtype=placement.dtype,
            device=f"{placement.device} ({placement.name})",
            versions=package_versions(),
        )
        check()
        return cls(loaded, keeper, emit, check)

    def make(self, name: str) -> None:
        """Make the named variant, unless it is there."""
        if name in self.variants.names:
            return
        recipe = parse_recipe(name)
        # A question may come while another variant is in use; variants are made of the dense one.
        with self.variants.using(DENSE):
            if isinstance(recipe.amount, Checkpoint):
                self._open_checkpoint(name, recipe, recipe.amount.source)
            else:
                self._compress(name, recipe)

    def _compress(self, name: str, recipe: Recipe) -> None:
        sequences = self._sequences(recipe)
        model, directory = self.loaded.model, self._cache / "variants"
        key = self._key(recipe)

        def tell(detail: str, done: int, total: int) -> None:
            self._emit(Progress(stage="prune", detail=detail, done=done, total=total, variant=name))

        reporter = Reporter(tell, self._check)
        if key is None:
            compressed = compress(model, recipe, sequences, reporter)
        else:
            # Another process may make the same one: it is made once, and opened by the others.
            with held(directory / key.file_name, self._check):
                found = load_variant(directory, key, model)
                compressed = found or compress(model, recipe, sequences, reporter)
                if found is None:
                    store_variant(directory, key, model, compressed)
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

    def _sequences(self, recipe: Recipe) -> Tensor:
        """Calibration token ids, `(sequences, tokens)`; none where the recipe needs none."""
        if not needs_calibration(recipe):
            return torch.empty(0, 0, dtype=torch.long)
        return self.calibration_tokens()

    def calibration_tokens(self) -> Tensor:
        """The calibration text of the run as token ids, `(sequences, tokens)`.

        The dense weights must be in use.
        """
        if self._calibration is None:
            settings, record = self.settings, self.loaded.record
            progress = _progress_of(self._emit)
            shipped = SHIPPED_CALIBRATION.get(record.name) if record.source == "embedded" else None
            sample = self._cache / "calibration" / f"{record.weights_hash}"
            with held(sample, self._check):
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
                    Reporter(partial(progress, "calibrate"), self._check),
                )
            self._keeper.update(calibration=self._calibration[1])
        return self._calibration[0]

    def _open_checkpoint(self, name: str, recipe: Recipe, source: str) -> None:
        placement = _free_placement(self.loaded.placement, self.settings)
        budget = Budget(placement.memory_bytes, placement.torch_dtype.itemsize)
        progress = _progress_of(self._emit)
        resolved = resolve_model(source, None, self._cache, budget, progress, self._check)
        progress("load", resolved.name, 0, None)
        checkpoint = load_model(
            resolved,
            placement,
            self._cache,
            trust_remote_code=self.settings.trust_remote_code,
        )
        require_same_vocabulary(self.loaded, checkpoint)
        self.variants.add_model(name, checkpoint.model)
        note = f"weights {checkpoint.record.weights_hash} of {checkpoint.record.source}"
        blocks, notes = zeros_in_blocks(checkpoint.model)
        self._record(name, recipe, blocks, (note, *notes))

    def _record(
        self, name: str, recipe: Recipe, blocks: tuple[BlockSparsity, ...], notes: tuple[str, ...]
    ) -> None:
        record = VariantRecord(name=name, label=recipe.label, blocks=blocks, notes=notes)
        known = self._keeper.manifest.variants
        others = tuple(variant for variant in known if variant.name != name)
        self._keeper.update(variants=(*others, record))


def _progress_of(emit: Emit) -> Callable[[str, str, int, int | None], None]:
    """Takes stage, detail, done and total, and emits them."""

    def progress(stage: str, detail: str, done: int, total: int | None) -> None:
        emit(Progress(stage=stage, detail=detail, done=done, total=total))

    return progress


def _free_placement(placement: Placement, settings: Settings) -> Placement:
    """The placement of the dense model, with the memory that is free by now."""
    return choose_placement(placement.device, placement.dtype, settings.max_memory_gib)


def _budget(placement: Placement, settings: Settings) -> Budget:
    available = placement.memory_bytes
    if placement.has_own_memory:
        available += device_memory("cpu").free
    copies = sum(name != DENSE for name in settings.variants)
    return Budget(available, placement.torch_dtype.itemsize * (1 + copies))
