"""What became of one item from the reference to a pruned variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args

from engine.analysis.outcomes import Outcome
from engine.records.scores import Answer, ChoiceScore, Score

Flip = Literal["none", "right-to-wrong", "wrong-to-right", "wrong-to-other"]
"""How the choice changed. All flips ("Accuracy Is Not All You Need", section 3) are all but none;
flips are those that change the verdict."""

FLIPS: tuple[Flip, ...] = get_args(Flip)


def outcome(reference: Score, pruned: Score) -> Outcome | None:
    """The category of a pair; None where one of the two has no open answer (imported runs), or no
    verdict, for want of a gold answer."""
    before, after = answer_correct(reference.open), answer_correct(pruned.open)
    if before is None or after is None:
        return None
    if after:
        return "kept" if before else "gained"
    if not before:
        return "never"
    return "recognition-only" if choice_correct(pruned.choice) else "lost"


def never_choice_correct(reference: Score, pruned: Score) -> bool | None:
    """Whether the pruned choice is right where neither open answer is; None for other outcomes.

    With these the paper's wider reading of recognition-only is complete: it doesn't ask whether
    the dense model was right.
    """
    never = outcome(reference, pruned) == "never"
    return choice_correct(pruned.choice) if never else None


def flip(reference: ChoiceScore | None, pruned: ChoiceScore | None) -> Flip | None:
    """How the choice changed; None where one of the two is absent."""
    if reference is None or pruned is None:
        return None
    if reference.correct and not pruned.correct:
        return "right-to-wrong"
    if pruned.correct and not reference.correct:
        return "wrong-to-right"
    same = reference.correct or reference.chosen() == pruned.chosen()
    return "none" if same else "wrong-to-other"


def count_flips(flips: Iterable[str | None]) -> dict[str, int]:
    """How many choices changed how, every way among the keys; absent ones don't count."""
    counts = Counter(flips)
    return {name: counts[name] for name in FLIPS}


def answer_correct(answer: Answer | None) -> bool | None:
    """The verdict of a generated answer, None where there is no answer or no verdict."""
    return None if answer is None else answer.judgement.correct


def choice_correct(choice: ChoiceScore | None) -> bool | None:
    """The choice verdict, None where there are no options."""
    return None if choice is None else choice.correct
