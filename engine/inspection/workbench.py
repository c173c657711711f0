"""A loaded model with the variants that have been made so far."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from torch import Tensor

from engine.compression.cache import VariantKey, load_variant, store_variant
from engine.compression.compress import Compressed, compress
from engine.compression.reporter import Reporter
from engine.files import held
from engine.inspection.calibrating import CalibrationTexts, Emit, uses_items
from engine.inspection.finished import FinishedCheckpoints
from engine.inspection.intact import load_intact
from engine.inspection.manifests import ManifestKeeper, package_versions
from engine.methods.amounts import Checkpoint
from engine.methods.recipes import (
    looks_at_answers,
    parse_recipe,
    without_answers,
)
from engine.methods.registry import outside_package
from engine.models.devices import Placement, choose_placement, device_memory, device_of
from engine.models.loading import LoadedModel
from engine.models.paths import cache_directory
from engine.models.resolving import Budget
from engine.models.structure import decoder_blocks
from engine.models.variants import Variants, room_for_variants
from engine.models.weights import input_device
from engine.probing.probing import OnStep, Probing, batches_of, subjects
from engine.probing.restore import find_gains
from engine.records.errors import UserError
from engine.records.instruments.instrument import Finding
from engine.records.instruments.restore import Restore
from engine.records.items import Item
from engine.records.manifest import BlockSparsity, CalibrationRecord, VariantRecord
from engine.records.protocol import Notice, Progress
from engine.records.recipes import Recipe
from engine.records.settings import DENSE, Settings
from engine.records.share import ALONE, Share
from engine.scoring.passes import pass_tokens
from engine.system_errors import refusal


class Workbench:
    """A model and its variants; `load` makes one.

    Args:
        loaded: the dense model.
        keeper: of the manifest, which grows as variants are made.
        items: what recipes may look at that look at gold answers: at half of them.
        emit: takes progress.
        check: raises to cancel; called between all longer steps.
        trusted: the settings may ask for a model's own code to be run.

    Attributes:
        meanwhile: called before something slow begins, with the dense weights in use: a variant
            that is compressed, calibration text that is sampled. None for nothing.
        between: called between the steps of something slow, likewise.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        keeper: ManifestKeeper,
        items: Sequence[Item],
        emit: Emit,
        check: Callable[[], None],
        *,
        trusted: bool = True,
    ) -> None:
        self.loaded = loaded
        self.settings = keeper.manifest.settings
        self.meanwhile: Callable[[], None] | None = None
        self.between: Callable[[], None] | None = None
        self.texts = CalibrationTexts(loaded, keeper, items, emit, check, self._before_sampling)
        self._keeper = keeper
        self._emit = emit
        self._check = check
        self._cache = cache_directory()
        self.variants = Variants(loaded.model, room_for_variants(loaded.model, loaded.placement))
        trusting = self.settings.trust_remote_code and trusted
        self._finished = FinishedCheckpoints(
            loaded,
            self.variants,
            msgspec.structs.replace(self.settings, trust_remote_code=trusting),
            emit,
            check,
        )

    @classmethod
    def load(
        cls,
        keeper: ManifestKeeper,
        items: Sequence[Item],
        emit: Emit,
        check: Callable[[], None],
        share: Share = ALONE,
        *,
        trusted: bool = True,
    ) -> Workbench:
        """Find, fetch and load the model of the manifest's settings.

        `share` is this process's, where several score the run: it may have a device of its own.
        Settings that are not `trusted` can't ask for the model's own code to be run.

        Raises:
            UserError: there is no such model, it doesn't fit, or a run was begun with another one.
        """
        settings = keeper.manifest.settings
        device = device_of(settings.device, share)
        placement = choose_placement(device, settings.dtype, settings.max_memory_gib)
        with _untrusted(settings, trusted=trusted):
            loaded = load_intact(
                settings.model,
                settings.revision,
                placement,
                _budget(placement, settings),
                emit,
                check,
                trust_remote_code=settings.trust_remote_code and trusted,
            )
        keeper.update(
            model=loaded.record,
            dtype=placement.dtype,
            device=f"{placement.device} ({placement.name})",
            versions=package_versions(),
        )
        check()
        return cls(loaded, keeper, items, emit, check, trusted=trusted)

    def make(self, name: str) -> None:
        """Make the named variant, unless it is there."""
        if name in self.variants.names:
            return
        recipe = parse_recipe(name)
        # A question may come while another variant is in use; variants are made of the dense one.
        with self.variants.using(DENSE):
            if isinstance(recipe.amount, Checkpoint):
                self._open(recipe, recipe.amount)
            else:
                self._compress(name, recipe)

    def _open(self, recipe: Recipe, amount: Checkpoint) -> None:
        """Open a checkpoint, and tell of it; also of the whole one, where it has blocks restored
        and both are variants of the run."""
        whole = msgspec.structs.replace(recipe, kept=())
        for one in dict.fromkeys((whole, recipe)):
            if str(one) in self.settings.variants:
                self._record(str(one), one, *self._finished.ready(one, amount))

    def _compress(self, name: str, recipe: Recipe) -> None:
        compressed = self.compressed(recipe)
        self.variants.add(name, compressed.tensors)
        notes = compressed.notes
        if uses_items(recipe, self.settings):
            notes = (self.texts.note, *notes)
        calibration = None
        if recipe.calibration is not None:
            calibration = self.texts.of_recipe(recipe)[1]
        self._record(name, recipe, compressed.blocks, notes, calibration)

    @contextmanager
    def trying(self, recipe: Recipe) -> Iterator[tuple[BlockSparsity, ...]]:
        """The variant of a recipe is ready meanwhile, and yields the zeros in its blocks.

        It is no variant of the run: the manifest doesn't tell of it. A finished checkpoint stays
        loaded.

        Raises:
            UserError: what making it raises.
        """
        name = str(recipe)
        there = name in self.variants.names
        if isinstance(recipe.amount, Checkpoint):
            with self.variants.using(DENSE):
                self._open(recipe, recipe.amount)
                blocks, _ = self._finished.ready(recipe, recipe.amount)
            there = there or not recipe.kept
        else:
            compressed = self.compressed(recipe)
            blocks = compressed.blocks
            if not there:
                self.variants.add(name, compressed.tensors)
        if there:
            yield blocks
            return
        try:
            yield blocks
        finally:
            self.variants.remove(name)

    def compressed(self, recipe: Recipe) -> Compressed:
        """The weights that a recipe makes, from the cache where they are."""
        with self.variants.using(DENSE):
            return self._compressed(recipe)

    def calibration(self) -> Tensor:
        """The calibration text of the run as token ids, `(sequences, tokens)`."""
        with self.variants.using(DENSE):
            return self.texts.of_source(self.settings.calibration)[0]

    def _compressed(self, recipe: Recipe) -> Compressed:
        name = str(recipe)
        sequences, calibration = self.texts.of_recipe(recipe)
        model, directory = self.loaded.model, self._cache / "variants"

        def tell(detail: str, done: int, total: int) -> None:
            self._emit(Progress(stage="prune", detail=detail, done=done, total=total, variant=name))

        reporter = Reporter(tell, self._check, self._between_steps)

        def make() -> Compressed:
            self._before_slow_work()
            gains = self.gains(without_answers(recipe)) if looks_at_answers(recipe) else ()
            return compress(model, recipe, sequences, reporter, gains=gains)

        def damaged() -> None:
            text = f"the cached variant {name} was damaged on disk; it is made again"
            self._emit(Notice(text=text))

        key = self._key(recipe, calibration)
        if key is None:
            return make()
        # Another process may make the same one: it is made once, and opened by the others.
        with held(directory / key.file_name, self._check):
            found = load_variant(directory, key, model, damaged)
            if found is None:
                found = make()
                try:
                    store_variant(directory, key, model, found)
                except OSError as error:
                    text = f"the variant {name} is not kept for the next time: {refusal(error)}"
                    self._emit(Notice(text=text))
        return found

    def _before_slow_work(self) -> None:
        if self.meanwhile is not None:
            self.meanwhile()

    def _between_steps(self) -> None:
        if self.between is not None:
            self.between()

    def _before_sampling(self) -> None:
        self._before_slow_work()
        self._between_steps()

    def gains(self, recipe: Recipe) -> list[float]:
        """The gold sensitivity of every block under a recipe: what the gold answers of the half
        that may be looked at gain on average, in nats, when the block is dense again.
        """
        name, loaded = str(recipe), self.loaded
        asked = [(item, item.gold) for item in self.texts.choosing]
        every = subjects(asked, loaded.tokenizer, self.settings)
        totals = [0.0] * len(decoder_blocks(loaded.model))
        with self.trying(recipe):
            for batch in batches_of(every, pass_tokens(input_device(loaded.model))):
                probing = Probing(
                    variants=self.variants,
                    tokenizer=loaded.tokenizer,
                    settings=self.settings,
                    variant=name,
                    calibration=self.calibration,
                    kept={},
                    step=self._restoring(name),
                    check=self._check,
                )
                for finding in find_gains(probing, batch, Restore(matrices=False)):
                    for block, gained in enumerate(finding.blocks):
                        totals[block] += gained.gain / len(every)
        return totals

    def _restoring(self, name: str) -> OnStep:
        """Tells how far the scan of blocks has come."""

        def step(detail: str, share: float, _: Finding | None) -> None:
            done = round(100 * share)
            text = f"restoring {detail}"
            self._emit(Progress(stage="prune", detail=text, done=done, total=100, variant=name))

        return step

    def _key(self, recipe: Recipe, calibration: CalibrationRecord | None) -> VariantKey | None:
        """What the variant's weights depend on; None where that can't be told.

        That is where the model's weights have no hash, and for a method of another package, whose
        code may change from one run to the next.
        """
        record, placement = self.loaded.record, self.loaded.placement
        if record.weights_hash is None or outside_package(recipe.method) is not None:
            return None
        answers = None
        if looks_at_answers(recipe):
            answers = hashlib.sha256(msgspec.json.encode(self.texts.solved())).hexdigest()
        return VariantKey(
            weights_hash=record.weights_hash,
            recipe=str(recipe),
            calibration_hash=None if calibration is None else calibration.hash,
            # A GPU rounds otherwise than a CPU, which can turn a near tie between two weights.
            dtype=f"{placement.dtype} on {placement.device.partition(':')[0]}",
            answers_hash=answers,
        )

    def _record(
        self,
        name: str,
        recipe: Recipe,
        blocks: tuple[BlockSparsity, ...],
        notes: tuple[str, ...],
        calibration: CalibrationRecord | None = None,
    ) -> None:
        record = VariantRecord(
            name=name, label=recipe.label, blocks=blocks, notes=notes, calibration=calibration
        )
        known = self._keeper.manifest.variants
        others = tuple(variant for variant in known if variant.name != name)
        self._keeper.update(variants=(*others, record))


@contextmanager
def _untrusted(settings: Settings, *, trusted: bool) -> Iterator[None]:
    """Say what to do where a model needs its own code, and only a saved run says that it may."""
    try:
        yield
    except UserError as error:
        if trusted or not settings.trust_remote_code:
            raise
        raise UserError(
            error.message,
            "A saved run can't allow a model to bring its own code. If you trust it, give the "
            "command that began the run, with --trust-remote-code and --out.",
        ) from error


def _budget(placement: Placement, settings: Settings) -> Budget:
    available = placement.memory_bytes
    if placement.has_own_memory:
        available += device_memory("cpu").free
    copies = sum(name != DENSE for name in settings.variants)
    return Budget(available, placement.torch_dtype.itemsize * (1 + copies))
