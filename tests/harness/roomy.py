"""A tiny checkpoint with room for every prompt, made without torch in this process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOKENS = 1024
_CODE = (
    "import sys; from pathlib import Path; from tests.tiny_models import save_tiny_checkpoint; "
    "save_tiny_checkpoint('llama', Path(sys.argv[1]))"
)


def roomy_checkpoint(directory: Path) -> Path:
    """A tiny Llama whose positions go on: its rotary embedding has no table that ends."""
    command = [sys.executable, "-c", _CODE, str(directory)]
    subprocess.run(command, check=True, capture_output=True)
    path = directory / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "max_position_embeddings": TOKENS}))
    return directory
