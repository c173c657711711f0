"""Batch sizes that fit the device: on record in the manifest, remembered for later runs, told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.inspection.manifests import ManifestKeeper
from engine.models.batch_size import BatchSize, FitKey, RememberedSizes
from engine.models.devices import kind_of
from engine.models.loading import LoadedModel
from engine.models.paths import cache_directory
from engine.records.protocol import Event, Notice


@dataclass(frozen=True)
class Work:
    """What is done in batches.

    Attributes:
        name: of the work.
        field: of the manifest that has the size.
        unit: what the size counts.
    """

    name: str
    field: str
    unit: str


SCORING = Work("scoring", "batch_size", "items")
RECOVERY = Work("recovery", "recovery_hypotheses", "hypotheses")


def fitting_size(
    work: Work,
    loaded: LoadedModel,
    keeper: ManifestKeeper,
    emit: Callable[[Event], None],
    *,
    begun: bool,
) -> BatchSize:
    """The batch size for a run's work.

    Work that was begun goes on with the size in its manifest; new work begins with what is
    remembered of the model. A smaller one that is found out is told in a notice.
    """
    placement, key = loaded.placement, _key(work, loaded)
    remembered = RememberedSizes(cache_directory())
    size: int | None = getattr(keeper.manifest, work.field)
    if size is None and key is not None and not begun:
        size = remembered.find(key, placement.memory_bytes)
        keeper.update(**{work.field: size})

    def halved(smaller: int) -> None:
        keeper.update(**{work.field: smaller})
        if key is not None:
            remembered.keep(key, smaller, placement.memory_bytes)
        text = f"out of memory: {work.name} goes on with at most {smaller} {work.unit} at a time"
        emit(Notice(text=text))

    return BatchSize(size, halved)


def _key(work: Work, loaded: LoadedModel) -> FitKey | None:
    """What a size is remembered for; None where the model's weights have no hash."""
    if loaded.record.weights_hash is None:
        return None
    placement = loaded.placement
    return FitKey(
        weights_hash=loaded.record.weights_hash,
        device=f"{kind_of(placement.device)} ({placement.name})",
        dtype=placement.dtype,
        work=work.name,
    )
