"""`illusion-tui cache`: what is kept because it can be made again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import platformdirs
import typer

from engine.files import SCRATCH_SUFFIX
from engine.records.errors import UserError
from engine.text import displayable
from tui.commands.output import JSON, print_json, print_table

NOT_ENTRIES = (".lock", SCRATCH_SUFFIX)


class CacheEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A model, a calibration sample or a variant; `used` is when it was last written or read."""

    kind: str
    name: str
    bytes: int
    used: datetime
    path: Path

    @property
    def id(self) -> str:
        """How a person names it: "models/SmolLM2-135M-Instruct"."""
        return f"{self.kind}/{self.name}"


def register(app: typer.Typer) -> None:
    app.command()(cache)


def cache(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Only these: as listed, or a whole kind such as 'models'."
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove them; without a NAME, all of them.")
    ] = False,
    as_json: JSON = False,
) -> None:
    """List or clear what this machine keeps because it can be made again. Runs are not among it."""
    directory = platformdirs.user_cache_path("illusion-tui")
    entries = chosen(cache_entries(directory), names or [])
    if clear:
        for entry in entries:
            remove(entry)
    total = sum(entry.bytes for entry in entries)
    if as_json:
        print_json(
            {
                "directory": directory,
                "bytes": total,
                "cleared": clear,
                "entries": [{**msgspec.structs.asdict(one), "id": one.id} for one in entries],
            }
        )
        return
    rows = [
        (displayable(one.id), size(one.bytes), one.used.astimezone().strftime("%Y-%m-%d %H:%M"))
        for one in entries
    ]
    if rows:
        print_table(("name", "size", "last used"), rows)
    count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}, {size(total)}"
    print(f"{count} {'removed from' if clear else 'in'} {directory}")


def cache_entries(directory: Path) -> list[CacheEntry]:
    """What the cache holds: one entry for each file or directory below a kind's directory."""
    found = []
    for kind in sorted(directory.iterdir()) if directory.is_dir() else []:
        for path in sorted(kind.iterdir()) if kind.is_dir() else []:
            if path.suffix in NOT_ENTRIES:
                continue
            files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
            states = [one.stat() for one in files]
            # A directory's own times change when it is looked at.
            newest = max((max(one.st_mtime, one.st_atime) for one in states), default=0.0)
            found.append(
                CacheEntry(
                    kind=kind.name,
                    name=path.name,
                    bytes=sum(one.st_size for one in states),
                    used=datetime.fromtimestamp(newest, UTC),
                    path=path,
                )
            )
    return found


def chosen(entries: Sequence[CacheEntry], names: Sequence[str]) -> list[CacheEntry]:
    """The entries that are named, by kind, name or both; all for no names.

    Raises:
        UserError: there is nothing of that name.
    """
    for name in names:
        if not any(name in (entry.kind, entry.name, entry.id) for entry in entries):
            known = ", ".join(entry.id for entry in entries) or "nothing"
            raise UserError(f"the cache has no '{name}'", f"It holds {known}.")
    wanted = set(names)
    return [one for one in entries if not wanted or wanted & {one.kind, one.name, one.id}]


def remove(entry: CacheEntry) -> None:
    """Remove an entry.

    Raises:
        UserError: it is being made just now, or can't be removed.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(entry.path.with_name(f"{entry.path.name}.lock"), timeout=0)
    try:
        with lock:
            if entry.path.is_dir():
                shutil.rmtree(entry.path)
            else:
                entry.path.unlink(missing_ok=True)
    except Timeout:
        raise UserError(
            f"{entry.id} is being made just now", "Wait for it, or stop it first.", status=1
        ) from None
    except OSError as error:
        raise UserError(
            f"{entry.id} can't be removed: {error.strerror}",
            "Check that it may be written to.",
            status=1,
        ) from error


def size(count: int) -> str:
    """A number of bytes for people."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
