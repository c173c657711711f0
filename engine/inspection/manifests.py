"""The manifest of what is open: how it begins, and the one place that changes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata

import msgspec

from engine.records.manifest import ItemsRecord, Manifest
from engine.records.settings import Settings

PACKAGES = ("illusion-tui", "torch", "transformers", "tokenizers", "accelerate", "safetensors")
"""Packages whose versions shape numbers."""


def new_manifest(settings: Settings, items: ItemsRecord) -> Manifest:
    """The manifest of a run that begins now."""
    return Manifest(
        settings=settings,
        items=items,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=package_versions(),
    )


def package_versions() -> dict[str, str]:
    """Versions of the packages that shape numbers."""
    return {name: metadata.version(name) for name in PACKAGES}


class ManifestKeeper:
    """Updates a manifest, puts it on disk, and tells of it: always all three, in this order.

    Args:
        manifest: as it is on disk.
        write: puts a manifest on disk; may refuse it.
        tell: takes a manifest that is on disk.
    """

    def __init__(
        self,
        manifest: Manifest,
        write: Callable[[Manifest], None],
        tell: Callable[[Manifest], None],
    ) -> None:
        self.manifest = manifest
        self._write = write
        self._tell = tell

    def update(self, **known: object) -> None:
        """Set fields of the manifest; raises what `write` raises, and then nothing has changed."""
        manifest = msgspec.structs.replace(self.manifest, **known)
        if manifest != self.manifest:
            self._write(manifest)
            self.manifest = manifest
            self._tell(manifest)
