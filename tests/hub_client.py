"""Resolves models in a process of its own, since huggingface_hub reads its settings at import.

Each line of standard input is a JSON object with `model`, and where wanted `revision`, `token` and
`cancel_after` (seconds after the first progress). Each is answered with one line: a JSON object
with `directory` and `revision`, or `message` and `hint` of the error, or `cancelled` (seconds), and
with `progress`, the calls of on_progress.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.models.resolving import Budget, resolve_model
from engine.records.errors import Cancelled, UserError
from tests.cli_helpers import environment


class HubClient:
    """Such a process; `hub_cache` is its cache of the Hub."""

    def __init__(self, home: Path, endpoint: str, **variables: str) -> None:
        self.hub_cache = home / "hub"
        variables = {**online(self.hub_cache, endpoint), **variables}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hub_client", str(home / "cache")],
            env=environment(home, **variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def resolve(self, model: str, **options: object) -> dict[str, Any]:
        """What comes of resolving a model."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"model": model, **options}) + "\n")
        stdin.flush()
        outcome: dict[str, Any] = json.loads(stdout.readline())
        return outcome

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def online(hub_cache: Path, endpoint: str) -> dict[str, str]:
    """Environment variables of a process that may ask the Hub at an endpoint, briefly."""
    return {
        "HF_ENDPOINT": endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_CACHE": str(hub_cache),
        "HF_HUB_ETAG_TIMEOUT": "1",
        "HF_HUB_DOWNLOAD_TIMEOUT": "1",
        "OMP_NUM_THREADS": "1",
    }


def _resolve(
    cache: Path,
    model: str,
    revision: str | None = None,
    token: str = "",
    cancel_after: float | None = None,
) -> dict[str, object]:
    os.environ["HF_TOKEN"] = token
    progress: list[tuple[str, str, int, int | None]] = []
    began = 0.0

    def on_progress(*call: Any) -> None:
        nonlocal began
        began = began or time.monotonic()
        progress.append(call)

    def check() -> None:
        if cancel_after and began and time.monotonic() - began > cancel_after:
            raise Cancelled

    try:
        resolved = resolve_model(model, revision, cache, Budget(2**40, 4), on_progress, check)
        outcome = {"directory": str(resolved.directory), "revision": resolved.revision}
    except UserError as error:
        outcome = {"message": error.message, "hint": error.hint}
    except Cancelled:
        return {"cancelled": time.monotonic() - began, "progress": progress}
    return {**outcome, "progress": progress}


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        print(json.dumps(_resolve(Path(sys.argv[1]), **json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
