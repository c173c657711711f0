"""Opening a saved run for questions."""

from __future__ import annotations

from pathlib import Path

from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.inspection.telling import tell_run
from engine.records.protocol import OpenRun, RemedyFound
from engine.runs.known import located
from engine.runs.log import RunLog
from engine.runs.remedies import RemedyLog


def _open(inspection: Inspection, request: OpenRun) -> None:
    inspection.close_run()
    directory = located(Path(request.directory)).absolute()
    run = inspection.open_run(RunLog.attach(directory))
    run.trusted = False
    if request.tell:
        tell_run(inspection, run)
        report = RemedyLog(directory).report
        if report is not None:
            inspection.emit(RemedyFound(report=report))


HANDLER = Handler(OpenRun, _open)
