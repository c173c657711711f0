"""Telling what a run holds from earlier sessions."""

from __future__ import annotations

from engine.inspection.inspection import Inspection
from engine.inspection.opened import OpenedRun
from engine.records.errors import UserError, in_one_line
from engine.records.protocol import (
    DecodeFinished,
    ItemAsked,
    ItemPreviewed,
    ItemScored,
    ItemsNoted,
    Notice,
    ProbeFinished,
)
from engine.records.scores import ScoredItem
from engine.runs.annotations import read_annotations


def tell_run(inspection: Inspection, run: OpenedRun, *, to_come: int = 0) -> None:
    """Tell the items in their order, what was noted and found of them, and what was asked beside
    them.

    Args:
        inspection: tells it.
        run: what is told of.
        to_come: so many items that are not scored yet are among them.
    """
    try:
        annotations = read_annotations(run.log.directory)
    except UserError as error:
        inspection.emit(Notice(text=in_one_line(error.message, error.hint)))
    else:
        if annotations:
            inspection.emit(ItemsNoted(annotations=dict(annotations)))
    for item_id, item in run.log.items.items():
        done = run.log.scored.get(item_id)
        if done is not None:
            inspection.emit(ItemScored(scored=done))
        elif to_come:
            inspection.emit(ItemPreviewed(scored=ScoredItem(item=item, prompt="", scores={})))
            to_come -= 1
    for redecode in run.log.redecodes:
        inspection.emit(DecodeFinished(redecode=redecode))
    for finding in run.log.findings.values():
        inspection.emit(ProbeFinished(finding=finding))
    for scored in run.asked.scored.values():
        inspection.emit(ItemAsked(scored=scored))
    for redecode in run.asked.redecodes:
        inspection.emit(DecodeFinished(redecode=redecode))
    for finding in run.asked.findings.values():
        inspection.emit(ProbeFinished(finding=finding))
