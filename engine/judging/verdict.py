"""The verdict on a generated answer, and why it is so."""

from __future__ import annotations

from collections.abc import Sequence

from engine.judging.matching import Match, match
from engine.records.scores import Judgement
from engine.records.settings import JudgeRule

F1_THRESHOLD = 0.5
"""The least token F1 of a right answer under the rule "f1"."""


def judge(
    text: str, answers: Sequence[str], language: str, rule: JudgeRule = "containment"
) -> Judgement:
    """Judge a generated answer against the gold answer (the first) and its aliases.

    Every rule's result is kept; `rule` gives the verdict, which is None where there are no answers
    to compare with. The span in the judgement counts code
    points of the raw text. See `engine.judging.tokens` for what doesn't count when texts are
    compared, and `engine.judging.matching` for what containing means in which language.
    """
    if not answers:
        return Judgement(correct=None, explanation="there is no gold answer to compare with")
    if not text.strip():
        return Judgement(correct=False, explanation="empty answer")
    matches = [match(text, answer, language) for answer in answers]
    # max() takes the first of equals: the gold answer before its aliases.
    best = max(
        matches, key=lambda result: (result.exact, result.contained, not result.affixed, result.f1)
    )
    f1 = max(result.f1 for result in matches)
    closest = best if best.contained else max(matches, key=lambda result: result.f1)
    answer_index = matches.index(closest)
    correct = {"exact": best.exact, "containment": best.contained, "f1": f1 >= F1_THRESHOLD}[rule]
    return Judgement(
        correct=correct,
        explanation=_explanation(best, answers, answer_index, f1, rule),
        answer=answers[answer_index] if f1 > 0 or best.contained else None,
        start=best.start,
        end=best.end,
        exact=best.exact,
        containment=best.contained,
        f1=f1,
    )


def _explanation(
    best: Match, answers: Sequence[str], index: int, f1: float, rule: JudgeRule
) -> str:
    name = "the gold answer" if index == 0 else f"the alias ‘{answers[index]}’"
    if best.exact:
        return f"is exactly {name}{_qualification(best)}"
    contains = f"contains {name}{_qualification(best)}" if best.contained else ""
    if rule == "f1" and f1 > 0:
        figure = f"token F1 {f1:.2f}"
        if f1 >= F1_THRESHOLD:
            return f"{contains}, {figure}" if contains else f"{figure} with {name}"
        below = f"below {F1_THRESHOLD:g}"
        if contains:
            return f"{contains}, but its {figure} is {below}"
        return f"{figure} with {name}, {below}"
    if contains:
        return f"{contains}, but the rule is exact match" if rule == "exact" else contains
    return "neither the gold answer nor an alias" if len(answers) > 1 else "not the gold answer"


def _qualification(best: Match) -> str:
    if best.affixed:
        return " with an attached particle"
    return " (accents apart)" if best.folded else ""
