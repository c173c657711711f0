"""Models on the Hugging Face Hub: asking for them, downloading them, finding them in the cache."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.utils import tqdm

from engine.hub_errors import HUB_FAILURES, HubRepository, damaged_download, hub_error
from engine.models.progress import SECONDS_BETWEEN_CHECKS, Check, OnProgress
from engine.models.weight_files import is_complete
from engine.records.errors import Cancelled

T = TypeVar("T")

_FILES = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt", "*.py"]
"""What is downloaded of a repository: never pickled weights."""
_GIT_HASH_DIGITS = 40
_READ_BYTES = 16 * 2**20


def cached_snapshot(model: HubRepository) -> Path | None:
    """The model's directory in the Hub's cache; None where it is missing or incomplete."""
    try:
        directory = snapshot_download(
            model.id, revision=model.revision, allow_patterns=_FILES, local_files_only=True
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return Path(directory) if is_complete(Path(directory)) else None


def parameters_on_hub(model: HubRepository, check: Check) -> int | None:
    """How many parameters the Hub says that the model has; None where it doesn't say.

    Raises:
        UserError: the Hub can't be asked, or has no such model.
        Cancelled: from `check`.
    """

    def ask() -> int | None:
        information = HfApi().model_info(
            model.id,
            revision=model.revision,
            expand=["safetensors"],
            timeout=constants.HF_HUB_ETAG_TIMEOUT,
        )
        return information.safetensors.total if information.safetensors else None

    try:
        return _in_background(ask, check)
    except HUB_FAILURES as error:
        raise hub_error(error, model) from error


def download(model: HubRepository, on_progress: OnProgress, check: Check) -> Path:
    """Download a model into the Hub's cache and return its directory.

    Files that are complete stay when a download fails or is cancelled, and the next one goes on
    with the others.

    Raises:
        UserError: it can't be downloaded; says why and what to do.
        Cancelled: from `check`.
    """
    detail = f"{model.id} from {constants.ENDPOINT}, MB"
    bars = _ByteCounts()

    def fetch() -> Path:
        return Path(
            snapshot_download(
                model.id,
                revision=model.revision,
                allow_patterns=_FILES,
                etag_timeout=constants.HF_HUB_ETAG_TIMEOUT,
                tqdm_class=bars.bar_class(),
            )
        )

    def tell() -> None:
        check()
        on_progress("fetch", detail, bars.done // 10**6, ceil(bars.total / 10**6) or None)

    try:
        directory = _in_background(fetch, tell)
    except HUB_FAILURES as error:
        raise hub_error(error, model) from error
    finally:
        bars.cancelled.set()
    _verify(directory, model, check)
    return directory


def _in_background(work: Callable[[], T], check: Check) -> T:
    """Do blocking work in a thread, calling `check` meanwhile, so that waiting can be cancelled."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not outcome.done():
        check()
        wait([outcome], timeout=SECONDS_BETWEEN_CHECKS)
    return outcome.result()


class _ByteCounts:
    """Bytes downloaded and to be downloaded, from the progress bars that huggingface_hub makes.

    Once `cancelled` is set, the next step of any bar raises, which ends its download.
    """

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self._bars: list[Any] = []

    @property
    def done(self) -> int:
        """Bytes that have come; the bar that is furthest counts."""
        return max((int(bar.n) for bar in self._bars), default=0)

    @property
    def total(self) -> int:
        """Bytes of the files that are known so far."""
        return max((int(bar.total or 0) for bar in self._bars), default=0)

    def bar_class(self) -> type[Any]:
        """A progress bar that draws nothing and counts here."""
        counts = self

        class Bar(tqdm):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **{**options, "disable": True})  # type: ignore[no-untyped-call]
                if options.get("unit") == "B":
                    counts._bars.append(self)

            def update(self, n: float | None = 1) -> None:
                if counts.cancelled.is_set():
                    raise Cancelled
                self.n += n or 0

        return Bar


def _verify(directory: Path, model: HubRepository, check: Check) -> None:
    """Compare the downloaded files with their hashes, which are their names in the cache.

    Raises:
        UserError: a file differs; it has been removed.
    """
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        blob = file.resolve()
        if (
            re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", blob.name)
            and _hash(blob, check) != blob.name
        ):
            file.unlink()
            blob.unlink()
            raise damaged_download(file.name, model)


def _hash(blob: Path, check: Check) -> str:
    """The hash by which the Hub names a file: git's for small ones, SHA-256 for large ones."""
    if len(blob.name) == _GIT_HASH_DIGITS:
        digest = hashlib.sha1(f"blob {blob.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        digest = hashlib.sha256()
    for piece in _pieces(blob):
        check()
        digest.update(piece)
    return digest.hexdigest()


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_READ_BYTES):
            yield piece
