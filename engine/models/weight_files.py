"""What the weight files of a checkpoint directory say without loading them."""

from __future__ import annotations

import hashlib
import json
import math
import re
import zlib
from pathlib import Path

import msgspec
from safetensors import safe_open

from engine.files import write_atomically
from engine.records.errors import UserError

CHECKSUMS = "checksums.json"
"""In the directory of a model that was converted here: the checksum of each of its other files."""

CHUNK_BYTES = 16 << 20

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


class DamagedFile(UserError):
    """A file of a model is not what it was."""

    def __init__(self, file: Path) -> None:
        """Say which."""
        super().__init__(
            f"{file} was damaged or changed in place: its checksum is another one than before",
            "Fetch or copy the model again.",
            status=1,
        )


class _Known(msgspec.Struct, frozen=True):
    """What is remembered of a weight file."""

    sha256: str
    crc32: str


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
    known = _read_known(known_file)
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
        if known[key].crc32 != checksum:
            raise DamagedFile(file)
        whole.update(f"{file.name}:{known[key].sha256}\n".encode())
    if known != before:
        write_atomically(known_file, msgspec.json.encode(known))
    return whole.hexdigest()


def write_checksums(directory: Path) -> None:
    """Put the checksums of all files of a directory beside them, for `weights_hash` to compare."""
    sums = {file.name: file_checksum(file) for file in sorted(directory.iterdir())}
    (directory / CHECKSUMS).write_bytes(msgspec.json.encode(sums))


def file_checksum(file: Path) -> str:
    """CRC-32 of a file's content."""
    value = 0
    with file.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            value = zlib.crc32(chunk, value)
    return f"{value:08x}"


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


def _read_known(file: Path) -> dict[str, _Known]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, _Known])
    except (FileNotFoundError, msgspec.DecodeError):
        # Every file is then read as if for the first time.
        return {}
