"""Which models take tries, remembered so that it is found out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.inspection.manifests import package_versions
from engine.models.loading import LoadedModel
from engine.remembered import keep_remembered, remembered
from engine.scoring.packing import takes_tries


def loaded_takes_tries(
    loaded: LoadedModel,
    prompts: Sequence[Sequence[int]],
    cache: Path,
    check: Callable[[], None],
) -> bool:
    """Whether a loaded model takes tries, given prompts' token ids; as `takes_tries`.

    What is found out is kept in the cache directory, for these weights, on this kind of device, in
    this number format and with these versions.
    """
    if loaded.record.weights_hash is None:
        return takes_tries(loaded.model, prompts, check)
    placement, versions = loaded.placement, package_versions()
    key = " | ".join(
        (
            loaded.record.weights_hash,
            f"{placement.device} ({placement.name})",
            placement.dtype,
            *(f"{name} {version}" for name, version in versions.items()),
        )
    )
    file = cache / "tries.json"
    known = remembered(file, bool)
    if key not in known:
        known = {**known, key: takes_tries(loaded.model, prompts, check)}
        keep_remembered(file, known)
    return known[key]
