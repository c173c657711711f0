"""What this machine has for an inspection: devices, memory, versions, caches, reach."""

from __future__ import annotations

import platform
import sys
import urllib.request
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
import torch
from huggingface_hub import constants

from engine.models.devices import (
    choose_placement,
    device_memory,
    device_name,
    every_device,
    number_formats,
)
from engine.models.embedded import embedded_directory
from engine.models.paths import cache_directory
from engine.records.aliases import ALIASES

_PACKAGES = ("illusion-tui", "torch", "transformers", "accelerate", "datasets", "polars", "textual")


def diagnose() -> dict[str, dict[str, Any]]:
    """Sections of facts, each a name and a value; takes some seconds where nothing answers."""
    placement = choose_placement("auto", "auto")
    memory = psutil.virtual_memory()
    return {
        "machine": {
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "python": f"{platform.python_version()} ({sys.executable})",
            "memory": f"{_gib(memory.available)} free of {_gib(memory.total)}",
            "threads": torch.get_num_threads(),
        },
        "devices": {
            "auto": f"{placement.device} ({placement.name}), {placement.dtype}",
            **{device: _device(device) for device in every_device()},
        },
        "versions": {name: metadata.version(name) for name in _PACKAGES},
        "caches": {
            "illusion-tui": _directory(cache_directory()),
            "Hugging Face": _directory(Path(constants.HF_HUB_CACHE)),
        },
        "reach": {
            "Hugging Face Hub": _reach(constants.ENDPOINT),
        },
        "models": {
            "embedded": "ready" if embedded_directory(cache_directory()) else "not fetched yet",
            **{
                alias.name: f"{alias.target}, {_gib(2 * alias.parameters)} in 16 bit"
                for alias in ALIASES
            },
        },
    }


def _device(device: str) -> str:
    memory, formats = device_memory(device), ", ".join(number_formats(device))
    free = f"{_gib(memory.free)} free of {_gib(memory.total)}"
    return f"{device_name(device)}, {free}, multiplies {formats}"


def _directory(path: Path) -> str:
    if not path.exists():
        return f"{path} (not there yet)"
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return f"{path}, {_gib(size)}"


def _reach(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return "yes" if answer.status < 400 else f"answers with status {answer.status}"
    except OSError as error:
        return f"no ({error})"


def _gib(size: float) -> str:
    return f"{size / 2**30:.1f} GiB"
