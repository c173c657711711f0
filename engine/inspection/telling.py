"""Telling what a run holds from earlier sessions."""

from __future__ import annotations

from engine.inspection.inspection import Inspection
from engine.inspection.opened import OpenedRun
from engine.records.errors import UserError, in_one_line
from engine.records.protocol import (
    DecodeFinished,
    ItemAsked,
    ItemScored,
    ItemsNoted,
    Notice,
    ProbeFinished,
)
from engine.runs.annotations import read_annotations


def tell_run(inspection: Inspection, run: OpenedRun) -> None:
    """Tell the scored items, what was noted and found of them, and what was asked beside them."""
    try:
        annotations = read_annotations(run.log.directory)
    except UserError as error:
        inspection.emit(Notice(text=in_one_line(error.message, error.hint)))
    else:
        if annotations:
            inspection.emit(ItemsNoted(annotations=dict(annotations)))
    for scored in run.log.scored.values():
        inspection.emit(ItemScored(scored=scored))
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
