"""Writing a run, or chosen items of it, as one file; `engine.runs.packs` reads it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from engine.files import write_atomically
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.lines import encode_line
from engine.records.manifest import Manifest
from engine.runs.copying import copy_beside
from engine.runs.log import items_hash
from engine.runs.packs import BESIDE, FORMAT, PACK, Pack, hashes_of
from engine.runs.reading import ITEMS, LOG, MANIFEST, LogRecord, Probed, Redecoded, Run, Scored
from engine.runs.sealing import run_number, sealed
from engine.system_errors import no_temporary_files

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same run gives the same bytes."""


def write_pack(run: Run, to: Path, ids: Collection[str] | None = None, chosen: str = "") -> int:
    """Write a run to a file; returns how many items are in it.

    Args:
        run: as it is read, with the judge's verdicts: those of a person come from its directory.
        to: the file, which is replaced.
        ids: of the items that are packed; None for all.
        chosen: how they were chosen; said where the run tells where its items are from.

    Raises:
        UserError: no item is left, or the file can't be written.
    """
    items = [item for item in run.items if ids is None or item.id in ids]
    if not items:
        raise UserError(
            "there is no item to pack", "Loosen --filter: it matches no item of the run."
        )
    manifest = run.manifest
    if len(items) < len(run.items):
        source = f"{manifest.items.source} ({len(items)} of {len(run.items)} items: {chosen})"
        record = msgspec.structs.replace(
            manifest.items, source=source, hash=items_hash(items), count=len(items)
        )
        manifest = msgspec.structs.replace(manifest, items=record)
    try:
        members = _members(run, manifest, items)
    except OSError as error:
        raise no_temporary_files(error) from error
    write_atomically(to, _archive(members))
    return len(items)


def _members(run: Run, manifest: Manifest, items: Sequence[Item]) -> dict[str, bytes]:
    """The files of a run directory that has these items; raises as what writes them."""
    kept = {item.id for item in items}
    number = run_number(manifest)
    records: list[LogRecord] = [
        *(Scored(scored=one) for name, one in run.scored.items() if name in kept),
        *(Redecoded(redecode=one) for one in run.redecodes if one.item_id in kept),
        *(Probed(finding=one) for one in run.findings if one.item_id in kept),
    ]
    members = {
        MANIFEST: sealed(encode_line(manifest)),
        ITEMS: b"".join(sealed(encode_line(item), number) for item in items),
        LOG: b"".join(sealed(encode_line(record), number) for record in records),
    }
    whole = len(items) == len(run.items)
    return members | _beside(run.directory, members[MANIFEST], kept, whole=whole)


def _beside(
    directory: Path, manifest: bytes, kept: Collection[str], *, whole: bool
) -> dict[str, bytes]:
    """The files beside the log, for a run of these items."""
    if not any((directory / name).exists() for name in BESIDE):
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        to = Path(scratch)
        (to / MANIFEST).write_bytes(manifest)
        copy_beside(directory, to, kept, whole=whole)
        return {name: (to / name).read_bytes() for name in BESIDE if (to / name).exists()}


def _archive(members: Mapping[str, bytes]) -> bytes:
    pack = encode_line(Pack(format=FORMAT, hashes=hashes_of(members)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in {PACK: pack, **members}.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
