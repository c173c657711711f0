"""Opening a saved run for questions."""

from __future__ import annotations

from pathlib import Path

from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.records.protocol import OpenRun
from engine.runs.log import RunLog


def _open(inspection: Inspection, request: OpenRun) -> None:
    inspection.close_run()
    run = inspection.open_run(RunLog.attach(Path(request.directory)))
    run.trusted = False


HANDLER = Handler(OpenRun, _open)
