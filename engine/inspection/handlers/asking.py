"""Answering a question of the user's own."""

from __future__ import annotations

from engine.inspection.asking import score_asked
from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.records.protocol import Ask, ItemAsked


def _ask(inspection: Inspection, request: Ask) -> None:
    scored = score_asked(inspection.run, request, inspection.check)
    inspection.emit(ItemAsked(scored=scored))


HANDLER = Handler(Ask, _ask)
