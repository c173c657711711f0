"""What the weight files of a checkpoint directory say without loading them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path

from safetensors import safe_open

from engine.files import write_atomically

_SHA256 = re.compile(r"[0-9a-f]{64}")


def weight_files(directory: Path) -> list[Path]:
    """The safetensors files of a checkpoint, by name."""
    return sorted(directory.glob("*.safetensors"))


def is_complete(directory: Path) -> bool:
    """Whether a checkpoint directory has its config and every weight file that it lists."""
    if not (directory / "config.json").exists():
        return False
    index = directory / "model.safetensors.index.json"
    if index.exists():
        names = set(json.loads(index.read_text())["weight_map"].values())
        return all((directory / name).exists() for name in names)
    return bool(weight_files(directory))


def count_parameters(directory: Path) -> int:
    """The parameters in the weight files, from their headers alone."""
    total = 0
    for file in weight_files(directory):
        with safe_open(file, framework="pt") as tensors:
            total += sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
    return total


def weights_hash(directory: Path, cache: Path) -> str:
    """SHA-256 over the names and hashes of the weight files.

    A file in the Hub's cache is named by its hash; any other file is read once, and its hash is
    remembered in `cache` together with its size and time of change.
    """
    known_file = cache / "weight-hashes.json"
    known: dict[str, str] = json.loads(known_file.read_text()) if known_file.exists() else {}
    whole = hashlib.sha256()
    for file in weight_files(directory):
        target = file.resolve()
        status = target.stat()
        key = f"{target}|{status.st_size}|{status.st_mtime_ns}"
        if _SHA256.fullmatch(target.name):
            digest = target.name
        elif key in known:
            digest = known[key]
        else:
            with target.open("rb") as stream:
                digest = known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{file.name}:{digest}\n".encode())
    write_atomically(known_file, json.dumps(known).encode())
    return whole.hexdigest()
