"""Searching for what brings a run's answers back."""

from __future__ import annotations

import msgspec

from engine.compression.biases import has_biases
from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.inspection.remedying import Remedying
from engine.records.protocol import Progress, Remedy, RemedyFound, RemedyTried
from engine.records.remedies import Trial
from engine.remedies.measuring import measured_windows, read_measured
from engine.remedies.question import remedy_question


def _remedy(inspection: Inspection, request: Remedy) -> None:
    run = inspection.run
    settings = run.log.manifest.settings
    # What is wrong with the question is told before a model is loaded.
    remedy_question(settings, request.variant, request.control, chat=False)
    text = None if request.text is None else read_measured(request.text)
    loaded = run.ready(()).loaded
    question = remedy_question(
        settings, request.variant, request.control, chat=loaded.tokenizer.chat_template is not None
    )
    question = msgspec.structs.replace(question, biases=has_biases(loaded.model))
    windows = None
    if request.text is not None and text is not None:
        measured, windows = measured_windows(request.text, text, loaded.model, loaded.tokenizer)
        question = msgspec.structs.replace(question, text=measured)

    def tell(detail: str, done: int, total: int | None) -> None:
        inspection.emit(Progress(stage="remedy", detail=detail, done=done, total=total))

    def tried(trial: Trial) -> None:
        inspection.emit(RemedyTried(trial=trial))

    remedying = Remedying(run, question, windows, tell, inspection.step, tried)
    inspection.emit(RemedyFound(report=remedying.report()))


HANDLER = Handler(Remedy, _remedy)
"""Background work: questions about the run are answered meanwhile."""
