"""Other kinds of write: what leaves the house, what is remembered, the runs of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.files import write_atomically
from engine.importing import import_runs
from engine.remembered import keep_remembered, remembered
from engine.reports.export import WRITERS, export
from engine.runs.keeping import delete_run, deleted_runs, rename_run, restore_run
from engine.runs.packing import write_pack
from engine.runs.packs import unpack
from engine.runs.reading import read_run
from engine.runs.tallies import TallyCache
from tests.harness.faulting.writes import Write, read_written, write_run
from tests.harness.hostile import as_line
from tests.test_import import harness_choice
from tui.commands import config
from tui.shots import Shot, take_shot
from tui.state.filter_history import FilterHistory
from tui.state.preferences import keep_preferences, read_preferences

# -- what leaves the house ---------------------------------------------------------------------


def _export(suffix: str, *, long: bool = False) -> Write:
    name = f"{'long ' if long else ''}export {suffix}"
    return Write(
        name,
        lambda directory: export(read_run(directory / "run"), directory / f"x{suffix}", long=long),
        _file(f"x{suffix}"),
        write_run,
    )


def _file(name: str) -> Callable[[Path], bytes | None]:
    def read(directory: Path) -> bytes | None:
        path = directory / name
        return path.read_bytes() if path.exists() else None

    return read


def _pack(directory: Path) -> None:
    write_pack(read_run(directory / "run"), directory / "talk.illusion")


def _unpack(directory: Path) -> None:
    target = directory / "unpacked" / "run"
    if not target.exists():
        unpack(directory / "talk.illusion", target)


def _packed_run(directory: Path) -> None:
    write_run(directory)
    _pack(directory)


def _shot(directory: Path) -> None:
    picture = take_shot(directory / "run", Shot(size=(80, 24)))
    write_atomically(directory / "shot.svg", picture.encode())


def _import(directory: Path) -> None:
    import_runs(directory / "big", directory / "small", directory / "run")


def _samples(directory: Path) -> None:
    for name in ("big", "small"):
        lines = b"".join(as_line(harness_choice(number, [-1, -2, -3])) for number in range(3))
        (directory / name).mkdir()
        (directory / name / "samples_capitals.jsonl").write_bytes(lines)


def _imported(directory: Path) -> Any:
    found = read_written(directory)
    # One that was only begun goes on with the same command.
    return (found.items, found.scored) if found and found.scored else None


# -- what is remembered ------------------------------------------------------------------------


def _config(directory: Path) -> None:
    path = directory / "config" / "config.toml"
    if not path.exists():
        config.config(write=True, config=path)


def _history(directory: Path) -> list[str]:
    history, found = FilterHistory(), list[str]()
    while (older := history.older("")) is not None:
        found.append(older)
    return found


def _tallies(directory: Path) -> None:
    cache = TallyCache(directory / "tallies" / "runs.json")
    cache.tally(directory / "run")
    cache.save()


# -- the runs of this machine ------------------------------------------------------------------


def _own_run(directory: Path) -> None:
    write_run(_own(directory))


def _own(directory: Path) -> Path:
    own = directory / "data" / "illusion-tui" / "runs"
    own.mkdir(parents=True, exist_ok=True)
    return own


def _delete(directory: Path) -> None:
    if (_own(directory) / "run").exists():
        delete_run(_own(directory) / "run")


def _deleted(directory: Path) -> tuple[Any, list[Any]]:
    trash = [(one.origin.name, read_run(one.trash).scored) for one in deleted_runs()]
    own = read_written(_own(directory))
    return own and own.scored, trash


def _restore(directory: Path) -> None:
    if not (_own(directory) / "run").exists():
        restore_run("run")


def _trashed_run(directory: Path) -> None:
    _own_run(directory)
    _delete(directory)


def _rename(directory: Path) -> None:
    if (_own(directory) / "run").exists():
        rename_run(_own(directory) / "run", "other")


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in _own(directory).iterdir())


OTHER_WRITES = (
    *(_export(suffix) for suffix in WRITERS),
    *(_export(suffix, long=True) for suffix in WRITERS),
    Write("a pack", _pack, _file("talk.illusion"), write_run),
    Write("an unpacked run", _unpack, lambda one: read_written(one / "unpacked"), _packed_run),
    Write("a picture", _shot, _file("shot.svg"), write_run),
    Write("an imported run", _import, _imported, _samples),
    Write("a config file", _config, _file("config/config.toml")),
    Write("a deleted run", _delete, _deleted, _own_run),
    Write("a restored run", _restore, _deleted, _trashed_run),
    Write("a renamed run", _rename, _names, _own_run),
    Write(
        "preferences",
        lambda _: keep_preferences(theme="light"),
        lambda _: read_preferences(),
        tells=False,
    ),
    Write("filters", lambda _: FilterHistory().add("lost"), _history, tells=False),
    Write(
        "what is remembered of models",
        lambda one: keep_remembered(one / "cache" / "known.json", {"a": 1}),
        lambda one: remembered(one / "cache" / "known.json", int),
        tells=False,
    ),
    Write(
        "tallies",
        _tallies,
        lambda one: TallyCache(one / "tallies" / "runs.json").known(one / "run"),
        write_run,
        tells=False,
    ),
)
