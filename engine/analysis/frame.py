"""Pairs of scores as a table: one row per item, dense and pruned side by side."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import polars as pl

from engine.analysis.pairing import (
    answer_correct,
    choice_correct,
    flip,
    never_choice_correct,
    outcome,
)
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.scores import Answer, ChoiceScore, GoldScore, Score, ScoredItem
from engine.runs.reading import Run


class _Pair(NamedTuple):
    scored: ScoredItem
    dense: Score
    pruned: Score
    variant: str
    redecodes: list[Redecode]


class _Column(NamedTuple):
    name: str
    kind: type[pl.DataType]
    value: Callable[[_Pair], Any]


def run_frame(run: Run, variant: str | None = None) -> pl.DataFrame:
    """The pairs of a run under one variant (None: the first recipe), in the order of the items.

    Raises:
        UserError: the run has no such variant.
    """
    name = resolve_variant(run, variant)
    return pairs_frame(run.scored.values(), run.manifest.settings.against, name, run.redecodes)


def pairs_frame(
    scored: Iterable[ScoredItem],
    reference: str,
    variant: str,
    redecodes: Iterable[Redecode] = (),
) -> pl.DataFrame:
    """One row per scored item, in the given order; types are the same for no rows.

    The columns called dense_… are the reference's, whatever it is. What is absent is null, and so
    is what is not a finite number.
    """
    by_item = defaultdict(list)
    for redecode in redecodes:
        by_item[redecode.item_id].append(redecode)
    rows = [pair_row(one, reference, variant, by_item.get(one.item.id, ())) for one in scored]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def pair_row(
    scored: ScoredItem, reference: str, variant: str, redecodes: Iterable[Redecode] = ()
) -> dict[str, Any]:
    """The row of one item; of the re-decodes those of this item under this variant count."""
    pair = _Pair(
        scored=scored,
        dense=scored.scores.get(reference, Score()),
        pruned=scored.scores.get(variant, Score()),
        variant=variant,
        redecodes=[
            redecode
            for redecode in redecodes
            if redecode.item_id == scored.item.id and redecode.variant == variant
        ],
    )
    return {column.name: _finite(column.value(pair)) for column in COLUMNS}


def resolve_variant(run: Run, variant: str | None) -> str:
    """The name of a variant as asked for: None or "pruned" is the first recipe.

    Raises:
        UserError: the run has no such variant.
    """
    recipes = run.manifest.settings.recipes
    if variant in {None, "pruned"} and recipes:
        return recipes[0]
    if variant is not None and variant in recipes:
        return variant
    raise UserError(
        f"the run in {run.directory} has no variant '{variant or 'pruned'}'",
        f"It has {', '.join(run.manifest.settings.variants)}.",
    )


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(answer: Answer | None) -> str | None:
    return None if answer is None else answer.text


def _chosen(choice: ChoiceScore | None) -> str | None:
    return None if choice is None else choice.options[choice.chosen()].text


def _gold_option(choice: ChoiceScore | None) -> float | None:
    return None if choice is None else choice.probabilities[choice.gold_index]


def _worst_token(gold: GoldScore | None) -> str | None:
    return None if gold is None else max(gold.tokens, key=lambda token: token.rank).text


def _worst_probability(gold: GoldScore | None) -> float | None:
    return None if gold is None else min(token.probability for token in gold.tokens)


def _position(kind: str) -> Callable[[_Pair], int | None]:
    """The best position at which a decoding of this kind brought the gold answer back."""

    def best(pair: _Pair) -> int | None:
        found = [r.recovered_at for r in pair.redecodes if r.decoding.name == kind]
        return min((position for position in found if position), default=None)

    return best


def _recovered(pair: _Pair) -> bool | None:
    """Whether any re-decode brought the gold answer back; None where none was made."""
    return any(r.recovered_at for r in pair.redecodes) if pair.redecodes else None


def _both(
    name: str, kind: type[pl.DataType], value: Callable[[Score], Any]
) -> tuple[_Column, _Column]:
    """A column for the reference and one for the pruned variant."""
    return (
        _Column(f"dense_{name}", kind, lambda pair: value(pair.dense)),
        _Column(f"pruned_{name}", kind, lambda pair: value(pair.pruned)),
    )


COLUMNS: tuple[_Column, ...] = (
    _Column("item_id", pl.String, lambda pair: pair.scored.item.id),
    _Column("language", pl.String, lambda pair: pair.scored.item.language),
    _Column("question", pl.String, lambda pair: pair.scored.item.question),
    _Column("gold", pl.String, lambda pair: pair.scored.item.gold),
    _Column("outcome", pl.String, lambda pair: outcome(pair.dense, pair.pruned)),
    *_both("answer", pl.String, lambda score: _text(score.open)),
    *_both("answer_correct", pl.Boolean, lambda score: answer_correct(score.open)),
    *_both("choice_correct", pl.Boolean, lambda score: choice_correct(score.choice)),
    *_both("gold_rank", pl.Int64, lambda score: score.gold and score.gold.rank),
    *_both("gold_probability", pl.Float64, lambda score: score.gold and score.gold.probability),
    *_both("worst_rank", pl.Int64, lambda score: score.gold and score.gold.worst_rank),
    _Column("kl_options", pl.Float64, lambda pair: pair.pruned.kl_options),
    _Column("kl_vocabulary", pl.Float64, lambda pair: pair.pruned.kl_vocabulary),
    _Column("variant", pl.String, lambda pair: pair.variant),
    _Column("kind", pl.String, lambda pair: pair.scored.item.kind),
    _Column("aliases", pl.String, lambda pair: " | ".join(pair.scored.item.aliases) or None),
    _Column("has_passage", pl.Boolean, lambda pair: pair.scored.item.passage is not None),
    *_both("choice", pl.String, lambda score: _chosen(score.choice)),
    *_both("choice_probability", pl.Float64, lambda score: _gold_option(score.choice)),
    _Column("flip", pl.String, lambda pair: flip(pair.dense.choice, pair.pruned.choice)),
    _Column(
        "never_choice_correct",
        pl.Boolean,
        lambda pair: never_choice_correct(pair.dense, pair.pruned),
    ),
    *_both("shown_answer", pl.String, lambda score: _text(score.shown)),
    *_both("shown_correct", pl.Boolean, lambda score: answer_correct(score.shown)),
    *_both("letter_correct", pl.Boolean, lambda score: choice_correct(score.letter)),
    *_both("exact", pl.Boolean, lambda score: score.open and score.open.judgement.exact),
    *_both(
        "containment", pl.Boolean, lambda score: score.open and score.open.judgement.containment
    ),
    *_both("f1", pl.Float64, lambda score: score.open and score.open.judgement.f1),
    *_both("gold_answer", pl.String, lambda score: score.gold and score.gold.answer),
    *_both("worst_token", pl.String, lambda score: _worst_token(score.gold)),
    *_both("worst_probability", pl.Float64, lambda score: _worst_probability(score.gold)),
    *_both("top_margin", pl.Float64, lambda score: score.top_margin),
    _Column("recovered", pl.Boolean, _recovered),
    _Column("recovered_by_beam", pl.Int64, _position("beam")),
    _Column("recovered_by_sample", pl.Int64, _position("sample")),
    _Column("recovered_by_one_shot", pl.Int64, _position("one-shot")),
)
"""The columns in order; the first nineteen are fixed, their names and places are a promise."""

SCHEMA = pl.Schema({column.name: column.kind for column in COLUMNS})
