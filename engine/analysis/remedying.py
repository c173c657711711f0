"""The table of remedies, from what was tried and proven."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from engine.analysis.pairing import answer_correct, choice_correct
from engine.analysis.proportions import mcnemar, wilson
from engine.methods.levers import (
    ALLOCATION_LEVER,
    BIAS_LEVER,
    BIASED,
    CALIBRATION_LEVER,
    METHOD_LEVER,
    allocating,
    differing,
)
from engine.records.hypotheses import Redecode
from engine.records.items import Item
from engine.records.manifest import BlockSparsity
from engine.records.recipes import Recipe
from engine.records.remedies import (
    HELD_OUT,
    DecodingRow,
    MeasuredText,
    Proof,
    RemedyReport,
    RemedyRow,
    Role,
    TaskFigures,
    Trial,
)
from engine.records.scores import Score
from engine.records.settings import DENSE
from engine.records.sums import added

LEAST_PROBABILITY = 1e-30
"""Below it a probability's logarithm says nothing but that it is small."""

Verdicts = Mapping[str, Score]
"""Scores by item id."""


def remedy_report(
    *,
    base: Recipe,
    best: Recipe,
    baselines: Collection[Recipe],
    proven: Sequence[Recipe],
    priced: Sequence[Recipe],
    trials: Mapping[str, Trial],
    proofs: Iterable[Proof],
    decodings: Sequence[DecodingRow],
    choosing: int,
    held_out: Collection[Item],
    control: str | None,
    text: MeasuredText | None = None,
    perplexities: Mapping[tuple[str, MeasuredText], float] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> RemedyReport:
    """Put the table together; every recipe, `base` among them, must be proven on every item.

    Of `priced` the first is the remedy, the others are its baselines.
    """
    scores: dict[tuple[str, str], dict[str, Score]] = {}
    for proof in proofs:
        for name, score in proof.scored.scores.items():
            scores.setdefault((name, proof.task), {})[proof.scored.item.id] = score
    before = {task: scores.get((str(base), task), {}) for task in (HELD_OUT, control or "")}

    def row(name: str, role: Role, recipe: Recipe | None) -> RemedyRow:
        trial = trials.get(name)
        figures = task_figures(scores[name, HELD_OUT], before[HELD_OUT])
        return RemedyRow(
            recipe=name,
            label=DENSE if recipe is None else recipe.label,
            role=role,
            changes=() if recipe is None else changes(recipe, base),
            achieved_sparsity=trial.achieved_sparsity if trial else 0.0,
            open_accuracy=figures.open_accuracy,
            choice_accuracy=figures.choice_accuracy,
            n=figures.n,
            held_out=figures,
            control=(
                None if control is None else task_figures(scores[name, control], before[control])
            ),
            seconds=trial.seconds if trial else None,
            perplexity=None if text is None else perplexities.get((name, text)),
        )

    rows = {
        recipe: row(str(recipe), "baseline" if recipe in baselines else "remedy", recipe)
        for recipe in proven
        if recipe != base
    }
    at_a_price = tuple(
        row(str(recipe), "baseline" if number else "remedy", recipe)
        for number, recipe in enumerate(priced)
    )
    variant = row(str(base), "variant", base)
    return RemedyReport(
        choosing=choosing,
        held_out=len(held_out),
        control=control,
        dense=row(DENSE, "dense", None),
        variant=variant,
        best=rows.get(best, variant),
        remedies=tuple(rows.values()),
        priced=at_a_price,
        decodings=tuple(decodings),
        trials=tuple(trials.values()),
        seconds=sum(trial.seconds for trial in trials.values()),
        text=text,
        notes=tuple(notes),
    )


def decoding_row(
    recipe: str, label: str, redecodes: Sequence[Redecode], greedy: Verdicts
) -> DecodingRow:
    """A decoding of some items, one or more, beside the greedy answers of the same recipe."""
    brought_back = newly_broken = right = tokens = 0
    for redecode in redecodes:
        first = bool(redecode.hypotheses and redecode.hypotheses[0].judgement.correct)
        was = answer_correct(greedy[redecode.item_id].open)
        right += first
        brought_back += was is False and first
        newly_broken += was is True and not first
        # Runs of earlier versions don't know what was dropped on the way.
        tokens += redecode.generated_tokens or sum(
            one.count * one.tokens for one in redecode.hypotheses
        )
    share = wilson(right, len(redecodes))
    read = [redecode.prompt_tokens for redecode in redecodes]
    return DecodingRow(
        recipe=recipe,
        label=label,
        decoding=redecodes[0].decoding.label,
        n=len(redecodes),
        open_accuracy=share.share,
        open_interval=(share.low, share.high),
        brought_back=brought_back,
        newly_broken=newly_broken,
        p_value=mcnemar(brought_back, newly_broken),
        tokens=tokens / len(redecodes),
        prompt_tokens=None if None in read else sum(filter(None, read)) / len(read),
    )


def changes(recipe: Recipe, base: Recipe) -> tuple[str, ...]:
    """What differs from the run's variant, a phrase each."""
    phrases = {
        METHOD_LEVER: recipe.method,
        ALLOCATION_LEVER: " ".join(f"+{name}" for name in allocating(recipe)) or "uniform",
        CALIBRATION_LEVER: f"calibrated on {recipe.calibration or 'the same text'}",
        BIAS_LEVER: f"+{BIASED}" if BIASED in recipe.modifiers else f"no +{BIASED}",
    }
    return tuple(phrases[lever] for lever in differing(base, recipe))


def task_figures(after: Verdicts, before: Verdicts) -> TaskFigures:
    """Accuracies of a recipe's scores, and its open answers against those of the run's variant."""
    opened = {id_: answer_correct(score.open) for id_, score in after.items()}
    known = {id_: right for id_, right in opened.items() if right is not None}
    shown = [right for s in after.values() if (right := answer_correct(s.shown)) is not None]
    choices = [right for s in after.values() if (right := choice_correct(s.choice)) is not None]
    brought_back = newly_broken = 0
    for id_, right in known.items():
        was = answer_correct(before[id_].open) if id_ in before else None
        brought_back += was is False and right
        newly_broken += was is True and not right
    open_share = wilson(sum(known.values()), len(known)) if known else None
    choice_share = wilson(sum(choices), len(choices)) if choices else None
    divergences = [s.kl_vocabulary for s in after.values() if s.kl_vocabulary is not None]
    return TaskFigures(
        n=len(known),
        open_accuracy=open_share.share if open_share else None,
        open_interval=(open_share.low, open_share.high) if open_share else None,
        shown_accuracy=sum(shown) / len(shown) if shown else None,
        choice_accuracy=choice_share.share if choice_share else None,
        choice_n=len(choices),
        choice_interval=(choice_share.low, choice_share.high) if choice_share else None,
        brought_back=brought_back,
        newly_broken=newly_broken,
        p_value=mcnemar(brought_back, newly_broken),
        mean_kl_vocabulary=added(divergences) / len(divergences) if divergences else None,
    )


def trial_of(
    name: str, scores: Sequence[Score], blocks: Sequence[BlockSparsity], seconds: float
) -> Trial:
    """A recipe's scores on the choosing half, one or more, summed up."""
    weights = sum(block.weights for block in blocks)
    return Trial(
        recipe=name,
        open_right=sum(bool(answer_correct(score.open)) for score in scores),
        choice_right=sum(bool(choice_correct(score.choice)) for score in scores),
        n=len(scores),
        gold_log_probability=sum(map(_gold_log_probability, scores)) / len(scores),
        achieved_sparsity=sum(block.zeros for block in blocks) / weights if weights else 0.0,
        seconds=seconds,
    )


def _gold_log_probability(score: Score) -> float:
    tokens = score.gold.tokens if score.gold else ()
    return sum(math.log(max(token.probability, LEAST_PROBABILITY)) for token in tokens)
