"""Scoring a batch of items under every variant of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from engine.judging.background import Background
from engine.judging.failures import with_failure
from engine.judging.verdict import judge
from engine.models.variants import Variants
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.scores import (
    Answer,
    ChoiceScore,
    GoldScore,
    OptionScore,
    Score,
    ScoredItem,
)
from engine.records.settings import Settings
from engine.scoring import rows, trees
from engine.scoring.ahead import Ahead, ItemScores
from engine.scoring.answers import answer_text, parting
from engine.scoring.encoding import EncodedPrompt
from engine.scoring.likelihood import kl_divergence, log_softmax, top_tokens
from engine.scoring.packed import LONGEST_ROW
from engine.scoring.prepared import PreparedItem
from engine.scoring.prompts import LETTERS
from engine.scoring.wanted import ContinuationScore, PromptScore, wanted_scores

TOP_TOKENS = 10
"""Alternatives kept at the answer position."""


class _Conditions(msgspec.Struct, frozen=True):
    """What all batches of a run are scored with; `check` raises to cancel."""

    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    background: Background
    packed: bool
    check: Callable[[], None]


def score_batch(
    variants: Variants,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[PreparedItem],
    settings: Settings,
    check: Callable[[], None],
    *,
    packed: bool,
    background: Background | None = None,
    names: Sequence[str] | None = None,
    ahead: Ahead | None = None,
) -> list[ScoredItem]:
    """Score a batch under the reference and every other variant of the settings.

    Args:
        variants: of the model.
        tokenizer: of the model.
        batch: items of like length.
        settings: of the run.
        check: called between blocks; raises to cancel.
        packed: whether the model takes tries (`engine.scoring.packing`).
        background: the items of the run; None for those of the batch.
        names: the variants that are ready, the reference first; the scored items lack the others.
            None for all.
        ahead: what was computed of the batch before is taken from it; what is computed while
            variants are missing is kept in it.

    Raises:
        UserError: a variant's logits are not finite.
    """
    whole = names is None
    if background is None:
        background = Background([prepared.item for prepared in batch], settings.answer_tokens)
    conditions = _Conditions(tokenizer, settings, background, packed, check)
    scores: list[dict[str, Score]] = [{} for _ in batch]
    reference: list[PromptScore] = []
    for name in settings.variants if names is None else names:
        computed = ahead.take(name, batch, packed=packed) if ahead else None
        if computed is None:
            with variants.using(name) as model:
                computed = _compute(model, batch, conditions)
            _require_finite(computed, name)
            if ahead is not None and not whole:
                ahead.keep(name, batch, computed, packed=packed)
        if name == settings.against:
            reference = [its.open for its in computed]
        for prepared, its, before, by_variant in zip(
            batch, computed, reference, scores, strict=True
        ):
            score = _score(prepared, its, conditions)
            if name != settings.against:
                score = msgspec.structs.replace(
                    score,
                    kl_vocabulary=_vocabulary_divergence(
                        before.answer_logits, its.open.answer_logits
                    ),
                    kl_options=_option_divergence(by_variant[settings.against], score),
                    parts_at=parting(before.generated, its.open.generated),
                )
            by_variant[name] = score
    floors: Sequence[Score | None] = [None] * len(batch)
    if settings.floor and whole:
        floors = _floors(variants, batch, conditions)
    return [
        ScoredItem(
            item=prepared.item,
            prompt=prepared.open.prompt.text,
            scores=by_variant,
            floor=floor,
            notes=prepared.notes,
        )
        for prepared, by_variant, floor in zip(batch, scores, floors, strict=True)
    ]


def _compute(
    model: PreTrainedModel, batch: Sequence[PreparedItem], conditions: _Conditions
) -> list[ItemScores]:
    """Score all prompts of a batch's items."""
    wanted = [wanted_scores(prepared) for prepared in batch]
    longest = max(sum(len(prompt.encoded.ids) for prompt in prompts) for prompts in wanted)
    packed = conditions.packed and longest <= LONGEST_ROW
    score_items = trees.score_items if packed else rows.score_items
    with torch.inference_mode():
        scores = score_items(
            model,
            conditions.tokenizer,
            wanted,
            answer_tokens=conditions.settings.answer_tokens,
            check=conditions.check,
        )
    return [_item_scores(prepared, its) for prepared, its in zip(batch, scores, strict=True)]


def _item_scores(prepared: PreparedItem, scores: Sequence[PromptScore]) -> ItemScores:
    opened, *others = scores
    rest = iter(others)
    shown = None if prepared.shown is None else next(rest)
    letter = None if prepared.letter is None else next(rest)
    return ItemScores(opened, shown, letter)


def _score(prepared: PreparedItem, computed: ItemScores, conditions: _Conditions) -> Score:
    best = log_softmax(computed.open.answer_logits).topk(2).values.exp()
    item, opened, letter = prepared.item, computed.open, computed.letter
    options = [opened.continuations[index] for index in prepared.options]
    score = Score(
        open=_answer(item, prepared.open, opened, conditions),
        gold=_gold(prepared, opened, conditions.tokenizer),
        choice=_choice(item, item.options, options, conditions),
        letter=(
            _choice(item, LETTERS[: len(letter.continuations)], letter.continuations, conditions)
            if letter is not None
            else None
        ),
        shown=(
            _answer(item, prepared.shown, computed.shown, conditions)
            if prepared.shown is not None and computed.shown is not None
            else None
        ),
        top_margin=float(best[0] - best[1]),
    )
    return with_failure(score, item, conditions.background)


def _answer(
    item: Item, encoded: EncodedPrompt, scored: PromptScore, conditions: _Conditions
) -> Answer | None:
    if scored.generated is None:
        return None
    text = answer_text(conditions.tokenizer, scored.generated.ids, encoded.prompt)
    return Answer(
        text=text,
        judgement=judge(text, item.answers, item.language, conditions.settings.judge),
        tokens=len(scored.generated.ids),
        log_probability=scored.generated.log_probability,
    )


def _gold(
    prepared: PreparedItem, scored: PromptScore, tokenizer: PreTrainedTokenizerBase
) -> GoldScore | None:
    ranked = [
        (scored.continuations[index], answer)
        for index, answer in zip(prepared.answers, prepared.item.answers, strict=False)
        if scored.continuations[index].token_scores
    ]
    if not ranked:
        return None
    best, answer = max(ranked, key=lambda pair: pair[0].log_likelihood)
    top = top_tokens(scored.answer_logits, TOP_TOKENS, tokenizer)
    return GoldScore(answer=answer, tokens=best.token_scores, top=top)


def _choice(
    item: Item,
    texts: Sequence[str],
    continuations: Sequence[ContinuationScore],
    conditions: _Conditions,
) -> ChoiceScore | None:
    """The choice among an item's options; `texts` are what stands for them, option by option."""
    if item.gold_index is None:
        return None
    options = tuple(
        OptionScore(
            text=text,
            log_likelihood=continuation.log_likelihood,
            tokens=continuation.tokens,
            bytes=len(text.encode()),
        )
        for text, continuation in zip(texts, continuations, strict=True)
    )
    normalisation = conditions.settings.choice
    return ChoiceScore(options=options, gold_index=item.gold_index, normalisation=normalisation)


def _vocabulary_divergence(reference_logits: Tensor, logits: Tensor) -> float:
    return kl_divergence(log_softmax(reference_logits), log_softmax(logits))


def _option_divergence(reference: Score, score: Score) -> float | None:
    if reference.choice is None or score.choice is None:
        return None
    before = torch.tensor(reference.choice.probabilities, dtype=torch.float64)
    after = torch.tensor(score.choice.probabilities, dtype=torch.float64)
    tiny = torch.finfo(torch.float64).tiny
    divergence = kl_divergence(before.clamp(min=tiny).log(), after.clamp(min=tiny).log())
    return max(divergence, 0.0)


def _floors(
    variants: Variants, batch: Sequence[PreparedItem], conditions: _Conditions
) -> list[Score]:
    """The reference once more, in other batches: the batch's halves, each in reverse order."""
    middle = (len(batch) + 1) // 2
    floors: list[Score] = []
    for half in (batch[:middle], batch[middle:]):
        if not half:
            continue
        backwards = half[::-1]
        with variants.using(conditions.settings.against) as model:
            computed = _compute(model, backwards, conditions)
        scores = [
            _score(prepared, its, conditions)
            for prepared, its in zip(backwards, computed, strict=True)
        ]
        floors += reversed(scores)
    return floors


def _require_finite(computed: Sequence[ItemScores], name: str) -> None:
    if not all(bool(torch.isfinite(its.open.answer_logits).all()) for its in computed):
        raise UserError(
            f"the variant {name} computes logits that are not finite",
            "Try --dtype float32, or a milder recipe.",
            status=1,
        )
