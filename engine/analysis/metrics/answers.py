"""Generated answers and their verdicts."""

from __future__ import annotations

from engine.analysis.metrics.metric import SideMetric, Summed, TableColumn
from engine.analysis.pairing import answer_correct
from engine.records.scores import FAILURE_MODES, Answer, Failure, Score


def _text(answer: Answer | None) -> str | None:
    return None if answer is None else answer.text


def _failure(score: Score) -> Failure | None:
    return None if score.open is None else score.open.failure


def _mode(score: Score) -> str | None:
    failure = _failure(score)
    return None if failure is None else failure.mode


def _how(score: Score) -> str | None:
    failure = _failure(score)
    return None if failure is None else failure.explanation


METRICS = (
    SideMetric(
        name="answer",
        type=str,
        title="open answer",
        help="The open answer: what the model writes, greedily.",
        short="answer",
        searched=True,
        value=lambda score: _text(score.open),
    ),
    SideMetric(
        name="answer_correct",
        type=bool,
        title="open answer",
        help="Whether the open answer is right.",
        short="open",
        summed=Summed(how="share", title="open answer right"),
        value=lambda score: answer_correct(score.open),
    ),
    SideMetric(
        name="shown_answer",
        type=str,
        title="answer with candidates shown",
        help="What the model writes when the options are listed in the prompt.",
        value=lambda score: _text(score.shown),
    ),
    SideMetric(
        name="shown_correct",
        type=bool,
        title="candidates shown",
        help="Whether it is right when the options are listed in the prompt.",
        short="shown",
        summed=Summed(how="share", title="with candidates shown"),
        value=lambda score: answer_correct(score.shown),
    ),
    SideMetric(
        name="exact",
        type=bool,
        title="exact match",
        help="Whether the open answer is a gold answer and nothing else.",
        value=lambda score: None if score.open is None else score.open.judgement.exact,
    ),
    SideMetric(
        name="containment",
        type=bool,
        title="containment",
        help="Whether the open answer contains a gold answer.",
        value=lambda score: None if score.open is None else score.open.judgement.containment,
    ),
    SideMetric(
        name="f1",
        type=float,
        title="F1",
        help="F1 of the open answer's words against the nearest gold answer, 0 to 1.",
        value=lambda score: None if score.open is None else score.open.judgement.f1,
    ),
    SideMetric(
        name="failure",
        type=str,
        title="failure mode",
        help="How the wrong open answer fails: " + ", ".join(FAILURE_MODES) + ".",
        short="failed",
        matched="whole",
        values=FAILURE_MODES,
        column=TableColumn(cells=14, title="failed", pruned_only=True),
        value=_mode,
    ),
    SideMetric(
        name="failure_detail",
        type=str,
        title="how it fails",
        help="How the wrong open answer fails, in words: which candidate it names, where it loops.",
        value=_how,
    ),
)
