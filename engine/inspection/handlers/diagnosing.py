"""Reporting what this machine has."""

from __future__ import annotations

from engine.inspection.diagnosis import diagnose
from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.records.protocol import Diagnose, Diagnosis


def _diagnose(inspection: Inspection, _: Diagnose) -> None:
    inspection.emit(Diagnosis(sections=diagnose()))


HANDLER = Handler(Diagnose, _diagnose)
