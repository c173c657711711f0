"""What every test stands on: no network by accident, and the embedded model where it is needed."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine_process import Engine

# The Hub is never asked: what tests load they make themselves, or it is the embedded model.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
# As the engine does.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["GOMP_SPINCOUNT"] = "2000"
os.environ["PYTORCH_ENABLE_MPS_FALLBACK"] = "1"

if sys.platform == "win32":
    # They play in a pseudo-terminal, or end processes by signals that Windows doesn't have.
    collect_ignore = [
        "test_cli_engine.py",
        "test_day.py",
        "test_ending.py",
        "test_lifeline.py",
        "test_packs.py",
        "test_readme_commands.py",
        "test_serve.py",
        "test_sharing.py",
    ]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the inspector remembers (the theme, filters) is of one test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def embedded() -> Path:
    """The directory of the real embedded model, in the user's cache as everywhere."""
    from engine.models.embedded import embedded_model
    from engine.models.paths import cache_directory

    return embedded_model(cache_directory(), lambda *_: None, lambda: None)


@pytest.fixture
def home(tmp_path: Path, embedded: Path) -> Path:
    """A home directory of its own, whose cache has the embedded model."""
    return with_embedded(tmp_path, embedded)


def with_embedded(directory: Path, embedded: Path) -> Path:
    """Give a home directory a cache that has the embedded model."""
    cache = directory / "cache" / "illusion-tui"
    cache.mkdir(parents=True)
    (cache / "models").symlink_to(embedded.parent)
    return directory


@pytest.fixture
def hang_ups_heard() -> Iterator[None]:
    """Processes that are started hear SIGHUP, also where these tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A real engine process whose home is empty."""
    from tests.engine_process import Engine

    started = Engine(tmp_path)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama checkpoint."""
    from tests.tiny_models import save_tiny_checkpoint

    return save_tiny_checkpoint("llama", tmp_path_factory.mktemp("tiny"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many a test waits for a screen or for a process."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes is begun first, so that no process is left alone with it at the end."""
    long = {"test_terminal.py", "test_several_processes.py", "test_screen_texts.py"}
    items.sort(key=lambda item: item.path.name not in long)


def pytest_collection_finish() -> None:
    """What the libraries hold is never garbage: looking for it takes a part of every test."""
    gc.collect()
    gc.freeze()
