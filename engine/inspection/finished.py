"""Finished checkpoints as variants: whole, or with some blocks as they are in the dense model."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.inspection.calibrating import Emit
from engine.inspection.intact import load_intact
from engine.methods.amounts import Checkpoint
from engine.models.checkpoints import require_same_vocabulary, restore_blocks, zeros_in_blocks
from engine.models.devices import choose_placement
from engine.models.loading import LoadedModel
from engine.models.resolving import Budget
from engine.models.variants import Variants
from engine.records.manifest import BlockSparsity
from engine.records.recipes import Recipe
from engine.records.settings import Settings

Counted = tuple[tuple[BlockSparsity, ...], tuple[str, ...]]
"""The zeros in a variant's blocks, and what a reader must know of it."""


class FinishedCheckpoints:
    """The checkpoints that were opened so far, beside the dense model.

    Args:
        loaded: the dense model.
        variants: of it; checkpoints are added to them.
        settings: of the run.
        emit: takes progress.
        check: raises to cancel.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        variants: Variants,
        settings: Settings,
        emit: Emit,
        check: Callable[[], None],
    ) -> None:
        self._loaded = loaded
        self._variants = variants
        self._settings = settings
        self._emit = emit
        self._check = check
        self._opened: dict[str, Counted] = {}

    def ready(self, recipe: Recipe, amount: Checkpoint) -> Counted:
        """Make the variant of a recipe ready, whose amount is a checkpoint; the dense weights must
        be in use.

        Raises:
            UserError: there is no such checkpoint, it doesn't fit, it has another vocabulary, or
                its blocks can't be the dense model's.
        """
        whole = str(msgspec.structs.replace(recipe, kept=()))
        if whole not in self._opened:
            self._opened[whole] = self._load(whole, amount.source)
        blocks, notes = self._opened[whole]
        if not recipe.kept:
            return blocks, notes
        if str(recipe) not in self._variants.names:
            restore_blocks(self._variants, str(recipe), whole, recipe.kept)
        dense = f"as in the dense model: block {', '.join(map(str, recipe.kept))}"
        return tuple(_dense(one) if one.block in recipe.kept else one for one in blocks), (
            *notes,
            dense,
        )

    def _load(self, name: str, source: str) -> Counted:
        settings = self._settings
        # What is free by now, with the dense model on the device.
        placement = choose_placement(
            self._loaded.placement.device, self._loaded.placement.dtype, settings.max_memory_gib
        )
        budget = Budget(placement.memory_bytes, placement.torch_dtype.itemsize)
        checkpoint = load_intact(
            source,
            None,
            placement,
            budget,
            self._emit,
            self._check,
            trust_remote_code=settings.trust_remote_code,
        )
        require_same_vocabulary(self._loaded, checkpoint)
        self._variants.add_model(name, checkpoint.model)
        note = f"weights {checkpoint.record.weights_hash} of {checkpoint.record.source}"
        blocks, notes = zeros_in_blocks(checkpoint.model)
        return blocks, (note, *notes)


def _dense(block: BlockSparsity) -> BlockSparsity:
    return BlockSparsity(block=block.block, zeros=0, weights=block.weights)
