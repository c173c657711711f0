"""One question of another program's evaluation of one model."""

from __future__ import annotations

from typing import NamedTuple

from engine.judging import judge
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.scores import Answer, ChoiceScore, OptionScore, Score
from engine.records.settings import JudgeRule


class Sample(NamedTuple):
    """What a file of samples says about one question; None where it says nothing.

    Attributes:
        key: identifies the question within the task.
        golds: the gold answer, then its aliases.
        log_likelihoods: of the options, summed over their tokens, in nats.
        text: the generated answer.
        reported: the file's metrics of this question.
    """

    key: str
    question: str
    prompt: str
    reported: dict[str, float]
    golds: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    gold_index: int | None = None
    log_likelihoods: tuple[float, ...] | None = None
    text: str | None = None
    passage: str | None = None
    language: str | None = None


def to_item(sample: Sample, language: str) -> Item:
    """The item of a sample; `language` is for samples without one."""
    return Item(
        id=sample.key,
        language=sample.language or language,
        question=sample.question,
        gold=sample.golds[0],
        aliases=sample.golds[1:],
        options=sample.options,
        passage=sample.passage,
    )


def to_score(sample: Sample, item: Item, rule: JudgeRule) -> Score:
    """The score of a sample, without what its file doesn't hold."""
    answer = None
    if sample.text is not None:
        judgement = judge(sample.text, item.answers, item.language, rule)
        answer = Answer(text=sample.text, judgement=judgement)
    choice = None
    if sample.log_likelihoods is not None and sample.gold_index is not None:
        choice = ChoiceScore(
            options=tuple(
                OptionScore(text=text, log_likelihood=value, tokens=None, bytes=len(text.encode()))
                for text, value in zip(sample.options, sample.log_likelihoods, strict=True)
            ),
            gold_index=sample.gold_index,
        )
    return Score(open=answer, choice=choice)


def differing_verdicts(sample: Sample, score: Score, variant: str) -> list[str]:
    """Notes on the file's metrics that disagree with our verdicts."""
    verdicts = (
        (score.open and score.open.judgement.correct, ("exact_match", "em", "acc")),
        (score.choice and score.choice.correct, ("acc", "acc_raw", "loglikelihood_acc")),
    )
    notes = []
    for verdict, metrics in verdicts:
        name = next((metric for metric in metrics if metric in sample.reported), None)
        if verdict is None or name is None:
            continue
        value = sample.reported[name]
        if value in {0.0, 1.0} and bool(value) != verdict:
            ours = "right" if verdict else "wrong"
            notes.append(f"{variant}: {name} is {value:g} in the imported file, {ours} here")
    return notes


def broken(where: str, problem: str) -> UserError:
    """The error for a file that isn't as expected."""
    return UserError(
        f"{where}: {problem}",
        "Give a samples_*.jsonl of lm-evaluation-harness 0.4 (written with --log_samples) or a "
        "details_*.parquet of lighteval 0.11 or later.",
    )
