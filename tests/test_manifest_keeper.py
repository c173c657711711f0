"""The manifest is changed in one place: on disk first, then known, then told."""

from __future__ import annotations

import pytest

from engine.inspection.manifests import ManifestKeeper
from engine.records.errors import UserError
from engine.records.manifest import Manifest
from tests.runs_helpers import make_manifest


def test_what_is_new_is_written_then_told_and_what_is_known_is_neither() -> None:
    steps: list[tuple[str, str | None]] = []
    keeper = ManifestKeeper(
        make_manifest([]),
        write=lambda manifest: steps.append(("written", manifest.dtype)),
        tell=lambda manifest: steps.append(("told", manifest.dtype)),
    )
    keeper.update(dtype="bfloat16")
    keeper.update(dtype="bfloat16")
    assert steps == [("written", "bfloat16"), ("told", "bfloat16")]
    assert keeper.manifest.dtype == "bfloat16"


def test_what_is_refused_on_disk_is_neither_known_nor_told() -> None:
    told: list[Manifest] = []

    def refuse(manifest: Manifest) -> None:
        raise UserError(f"the number format is {manifest.dtype} now")

    keeper = ManifestKeeper(make_manifest([]), write=refuse, tell=told.append)
    with pytest.raises(UserError, match="float32 now"):
        keeper.update(dtype="float32")
    assert keeper.manifest.dtype is None
    assert not told
