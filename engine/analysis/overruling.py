"""Verdicts corrected by hand, put in the place of the judge's.

The log keeps what the judge said. Whoever tabulates, counts or shows a run puts these in its place
first, so that they count everywhere, also after the run is judged by another rule.
"""

from __future__ import annotations

import msgspec

from engine.records.annotations import NOTHING, Annotation
from engine.records.scores import Answer, Failure, Score, ScoredItem
from engine.runs.annotations import read_annotations
from engine.runs.reading import Run


def annotated(run: Run) -> Run:
    """The run with what is noted of its items, and with the verdicts that were corrected.

    What is noted of questions that were asked beside them is left out.

    Raises:
        UserError: the file of the notes is damaged.
    """
    noted = read_annotations(run.directory)
    annotations = {item_id: noted[item_id] for item_id in run.scored if item_id in noted}
    if not annotations:
        return run
    scored = {
        item_id: overruled(one, annotations.get(item_id, NOTHING))
        for item_id, one in run.scored.items()
    }
    return msgspec.structs.replace(run, annotations=annotations, scored=scored)


def overruled(scored: ScoredItem, annotation: Annotation) -> ScoredItem:
    """An item as the judge left it, with the verdicts that a person gave on its open answers."""
    if not annotation.verdicts:
        return scored
    scores = {
        name: _corrected(score, annotation.verdicts.get(name))
        for name, score in scored.scores.items()
    }
    return msgspec.structs.replace(scored, scores=scores)


def _corrected(score: Score, right: bool | None) -> Score:
    answer = score.open
    if answer is None or right is None or answer.judgement.correct == right:
        return score
    return msgspec.structs.replace(score, open=_answer(answer, right))


def _answer(answer: Answer, right: bool) -> Answer:
    explanation = f"{'right' if right else 'wrong'} by hand; the judge: {answer.explanation}"
    return msgspec.structs.replace(
        answer,
        judgement=msgspec.structs.replace(
            answer.judgement, correct=right, explanation=explanation, answer=None
        ),
        failure=None if right else Failure(mode="other", explanation=explanation),
        judged=answer.judgement,
    )
