"""Multiple choice."""

from __future__ import annotations

from engine.analysis.metrics.metric import PairMetric, SideMetric, Summed
from engine.analysis.pairing import FLIPS, choice_correct, flip
from engine.records.scores import ChoiceScore


def _chosen(choice: ChoiceScore | None) -> str | None:
    return None if choice is None else choice.options[choice.chosen()].text


def _gold_probability(choice: ChoiceScore | None) -> float | None:
    return None if choice is None else choice.probabilities[choice.gold_index]


METRICS = (
    SideMetric(
        name="choice",
        type=str,
        title="chosen option",
        help="The option with the highest log-likelihood after the prompt.",
        value=lambda score: _chosen(score.choice),
    ),
    SideMetric(
        name="choice_correct",
        type=bool,
        title="choice",
        help="Whether the option with the highest log-likelihood is right.",
        short="choice",
        summed=Summed(how="share", title="choice right"),
        value=lambda score: choice_correct(score.choice),
    ),
    SideMetric(
        name="choice_probability",
        type=float,
        title="probability of the gold option",
        help="Probability of the gold answer among the options.",
        value=lambda score: _gold_probability(score.choice),
    ),
    PairMetric(
        name="flip",
        type=str,
        title="flip",
        help="How the choice changed: " + ", ".join(FLIPS) + ".",
        matched="whole",
        values=FLIPS,
        value=lambda pair: flip(pair.dense.choice, pair.pruned.choice),
    ),
    SideMetric(
        name="letter_correct",
        type=bool,
        title="letter",
        help="Whether the choice by the option's letter is right.",
        short="letter",
        summed=Summed(how="share", title="choice by letter right"),
        value=lambda score: choice_correct(score.letter),
    ),
)
