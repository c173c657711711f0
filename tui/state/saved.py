"""A saved run as a state: small ones whole, large ones as an index of their log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.records.protocol import Progress
from engine.runs.annotations import read_annotations
from engine.runs.index import index_log
from engine.runs.logged import LogFile, LoggedFindings, LoggedItems, LoggedRedecodes
from engine.runs.reading import (
    LOG,
    part_directories,
    read_item_ids,
    read_manifest,
    read_run,
)
from engine.runs.remedies import RemedyLog
from engine.user_files import is_there
from tui.state.asking import AskedItems
from tui.state.state import RunState

LARGE_BYTES = 16 << 20
"""Size of a log from which it is not decoded as a whole: a quarter of a second."""


def saved_state(directory: Path, tell: Callable[[int, int], None]) -> RunState:
    """The state of a run on disk, as if its events had just come.

    Args:
        directory: of the run.
        tell: is told how many bytes of how many are read, where there are many; it may raise to
            cancel.

    Raises:
        UserError: there is no run that can be read.
    """
    log = directory / LOG
    size = log.stat().st_size if is_there(log) else 0
    whole = size < LARGE_BYTES or part_directories(directory)
    state = _whole(directory) if whole else _indexed(directory, size, tell)
    state.remedies = RemedyLog(directory).report
    state.annotate(read_annotations(directory))
    state.asked_items = AskedItems.read(directory)
    return state


def _whole(directory: Path) -> RunState:
    run = read_run(directory)
    state = RunState(run.manifest.settings, directory=str(directory), manifest=run.manifest)
    state.live = False
    for scored in run.scored.values():
        state.add(scored)
    for redecode in run.redecodes:
        state.remember(redecode)
    for finding in run.findings:
        state.note(finding)
    state.total = len(run.items)
    return state


def _indexed(directory: Path, size: int, tell: Callable[[int, int], None]) -> RunState:
    manifest = read_manifest(directory)
    ids = read_item_ids(directory)
    log = directory / LOG
    index = index_log(log, lambda done: tell(done, size), frozenset(ids))
    file = LogFile(log)
    scored = {item_id: index.scored[item_id] for item_id in ids if item_id in index.scored}
    state = RunState(
        manifest.settings,
        directory=str(directory),
        manifest=manifest,
        total=len(ids),
        stage=reading(0, len(scored)),
        live=False,
        items=LoggedItems(file, scored),
        ids=list(scored),
        redecodes=LoggedRedecodes(file, index.redecodes),
        findings=LoggedFindings(file, index.findings),
    )
    state.tables.elsewhere = True
    return state


def reading(done: int, total: int) -> Progress:
    """How far the tables of a large run are made."""
    detail = f"{done:,} of {total:,} items"
    return Progress(stage="read", detail=detail, done=done, total=total)
