"""Copying what is beside a run's log, to a run of the same items or of some of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from engine.runs.annotations import ANNOTATIONS, AnnotationLog
from engine.runs.asked import ASKED, AskedLog
from engine.runs.beside import append_records
from engine.runs.reading import read_manifest
from engine.runs.remedies import REMEDIES, RemedyLog
from engine.runs.sealing import run_number

AGAIN = "do it again"


def copy_beside(source: Path, to: Path, kept: Collection[str], *, whole: bool) -> None:
    """Copy notes, what was asked, and what a search for remedies came to.

    Of notes those go along that are on the items which are kept, or on what was asked, without what
    was taken back. A search goes along as it is if all items do, so that it can go on; else only
    what it came to does, since it would go on with other items.

    Args:
        source: directory of the run.
        to: that of the other one, which has its manifest already.
        kept: ids of the items that it has.
        whole: whether these are all.

    Raises:
        UserError: a file can't be read, or the disk refuses.
    """
    asked = _copy_asked(source, to)
    _copy_notes(source, to, {*kept, *asked})
    if whole and (source / REMEDIES).exists():
        content = (source / REMEDIES).read_bytes()
        (to / REMEDIES).write_bytes(content[: content.rfind(b"\n") + 1])
    elif (source / REMEDIES).exists():
        report = RemedyLog(source).report
        if report is not None:
            RemedyLog(to).append(report)


def _copy_asked(source: Path, to: Path) -> Collection[str]:
    """Copy what was asked; returns the ids of these items."""
    if not (source / ASKED).exists():
        return ()
    old, new = AskedLog(source), AskedLog(to)
    for scored in old.scored.values():
        new.append_scored(scored)
    for redecode in old.redecodes:
        new.append_redecode(redecode)
    if old.findings:
        new.append_findings(list(old.findings.values()))
    return old.scored.keys()


def _copy_notes(source: Path, to: Path, kept: Collection[str]) -> None:
    if not (source / ANNOTATIONS).exists():
        return
    records = []
    for change in AnnotationLog(source).changes:
        items = tuple(item_id for item_id in change.items if item_id in kept)
        if items:
            records.append(msgspec.structs.replace(change, items=items))
    if records:
        append_records(to / ANNOTATIONS, 0, records, run_number(read_manifest(to)), AGAIN)
