"""What the weight files of a checkpoint directory say without loading them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from contextlib import suppress
from pathlib import Path

import msgspec
from safetensors import SafetensorError, safe_open

from engine.files import written_atomically
from engine.models.checksums import file_checksum
from engine.records.errors import UserError
from engine.remembered import keep_remembered, remembered

MODELS = "models"
"""In the cache directory: what was converted here."""
CHECKSUMS = "checksums.json"
"""In the directory of a model that was converted here: the checksum of each of its other files."""

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
    """The parameters in the weight files, from their headers alone.

    Raises:
        DamagedFile: one of them can't be read.
    """
    total = 0
    for file in weight_files(directory):
        try:
            with safe_open(file, framework="pt") as tensors:
                names = tensors.keys()
                total += sum(math.prod(tensors.get_slice(name).get_shape()) for name in names)
        except SafetensorError as error:
            raise DamagedFile(file, f"it is no safetensors file ({error})") from error
    return total


class DamagedFile(UserError):
    """A file of a model is not what it was."""

    def __init__(self, file: Path, why: str = "its checksum is another one than before") -> None:
        """Say which file, and why."""
        self.file = file
        super().__init__(
            f"{file} was damaged or changed in place: {why}",
            "Fetch or copy the model again. If you changed it on purpose, say so with "
            f"`touch {file}`: its weights then count as other ones.",
            status=1,
        )


class _Known(msgspec.Struct, frozen=True):
    """What is remembered of a weight file."""

    sha256: str
    checksum: str


def weights_hash(directory: Path, cache: Path) -> str:
    """SHA-256 over the names and hashes of the weight files, which are read once more each time.

    The SHA-256 of a file is remembered in `cache` by its size and time of change, together with a
    checksum that is fast to compute, and this is compared whenever the file is loaded. A file in
    the Hub's cache is named by its hash.

    Raises:
        DamagedFile: a file has another checksum than before, or than when it was written.
    """
    compared = _compare_written(directory)
    known_file = cache / "weight-hashes.json"
    known = remembered(known_file, _Known)
    before = dict(known)
    whole = hashlib.sha256()
    for file in weight_files(directory):
        target = file.resolve()
        status = target.stat()
        key = f"{target}|{status.st_size}|{status.st_mtime_ns}"
        checksum = compared.get(file.name) or file_checksum(target)
        if key not in known:
            digest = target.name
            if not _SHA256.fullmatch(digest):
                with target.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
            known[key] = _Known(digest, checksum)
        if known[key].checksum != checksum:
            raise DamagedFile(file)
        whole.update(f"{file.name}:{known[key].sha256}\n".encode())
    if known != before:
        keep_remembered(known_file, known)
    if directory.parent == cache / MODELS and not compared:
        # An earlier version has converted it.
        with suppress(OSError):
            write_checksums(directory)
    return whole.hexdigest()


def write_checksums(directory: Path) -> None:
    """Put the checksums of all files of a directory beside them, for `weights_hash` to compare."""
    sums = {file.name: file_checksum(file) for file in sorted(directory.iterdir())}
    with written_atomically(directory / CHECKSUMS) as scratch:
        scratch.write_bytes(msgspec.json.encode(sums))


def _compare_written(directory: Path) -> dict[str, str]:
    """The checksums that a directory has of its files, which are still right."""
    written = directory / CHECKSUMS
    if not written.exists():
        return {}
    try:
        sums = msgspec.json.decode(written.read_bytes(), type=dict[str, str])
    except msgspec.DecodeError:
        raise DamagedFile(written) from None
    for name, checksum in sums.items():
        file = directory / name
        if not file.exists() or file_checksum(file) != checksum:
            raise DamagedFile(file)
    return sums
