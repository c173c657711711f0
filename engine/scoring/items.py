"""Scoring a batch of items under every variant of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

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
from engine.scoring.answers import PromptScore, answer_text, score_prompts
from engine.scoring.likelihood import kl_divergence, log_softmax, top_tokens
from engine.scoring.prepared import PreparedItem
from engine.scoring.prompts import LETTERS, Prompt

TOP_TOKENS = 10
"""Alternatives kept at the answer position."""


class _Raw(msgspec.Struct, frozen=True):
    """What one variant gave for a batch, before it is compared."""

    open: list[PromptScore]
    shown: dict[int, PromptScore]
    letter: dict[int, PromptScore]


def score_batch(
    variants: Variants,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[PreparedItem],
    settings: Settings,
    check: Callable[[], None],
) -> list[ScoredItem]:
    """Score a batch under the reference and every other variant of the settings.

    Raises:
        UserError: a variant's logits are not finite.
    """
    scores: list[dict[str, Score]] = [{} for _ in batch]
    reference: list[PromptScore] = []
    for name in settings.variants:
        with variants.using(name) as model:
            raw = _run(model, tokenizer, batch, settings, check)
        _require_finite(raw, name)
        is_reference = name == settings.against
        if is_reference:
            reference = raw.open
        for place, prepared in enumerate(batch):
            before = None if is_reference else reference[place]
            score = _score(prepared, raw, place, tokenizer, settings, before)
            if before is not None:
                score = _with_option_divergence(scores[place][settings.against], score)
            scores[place][name] = score
    floors = _floor(variants, tokenizer, batch, settings, check) if settings.floor else {}
    return [
        ScoredItem(
            item=prepared.item,
            prompt=prepared.open[0].text,
            scores=scores[place],
            floor=floors.get(place),
            notes=prepared.notes,
        )
        for place, prepared in enumerate(batch)
    ]


def _run(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[PreparedItem],
    settings: Settings,
    check: Callable[[], None],
) -> _Raw:
    """Score all prompts of a batch's items as one batch: a decoding step costs much the same for
    few rows as for many."""
    opened = [prepared.open for prepared in batch]
    shown = {place: p.shown for place, p in enumerate(batch) if p.shown is not None}
    letter = {place: p.letter for place, p in enumerate(batch) if p.letter is not None}
    prompts = [*opened, *shown.values(), *letter.values()]
    ranked = [frozenset(prepared.answers) for prepared in batch]
    with torch.inference_mode():
        scores = score_prompts(
            model,
            tokenizer,
            prompts,
            ranked=[*ranked, *[frozenset[int]()] * (len(prompts) - len(ranked))],
            answered=range(len(opened) + len(shown)),
            answer_tokens=settings.answer_tokens,
            check=check,
        )
    rest = iter(scores[len(opened) :])
    return _Raw(
        scores[: len(opened)],
        shown={place: next(rest) for place in shown},
        letter={place: next(rest) for place in letter},
    )


def _score(
    prepared: PreparedItem,
    raw: _Raw,
    place: int,
    tokenizer: PreTrainedTokenizerBase,
    settings: Settings,
    reference: PromptScore | None,
) -> Score:
    opened = raw.open[place]
    own = log_softmax(opened.answer_logits)
    best = own.topk(2).values.exp()
    divergence = None
    if reference is not None:
        divergence = kl_divergence(log_softmax(reference.answer_logits), own)
    shown = raw.shown.get(place)
    return Score(
        open=_answer(prepared.item, prepared.open[0], opened, tokenizer, settings),
        gold=_gold(prepared, opened, tokenizer),
        choice=_choice(prepared, opened, settings),
        letter=_letter(prepared, raw.letter.get(place), settings),
        shown=(
            _answer(prepared.item, prepared.shown[0], shown, tokenizer, settings)
            if prepared.shown is not None and shown is not None
            else None
        ),
        kl_vocabulary=divergence,
        top_margin=float(best[0] - best[1]),
    )


def _answer(
    item: Item,
    prompt: Prompt,
    scored: PromptScore,
    tokenizer: PreTrainedTokenizerBase,
    settings: Settings,
) -> Answer | None:
    if scored.generated is None:
        return None
    text = answer_text(tokenizer, scored.generated.ids, prompt)
    return Answer(
        text=text,
        judgement=judge(text, item.answers, item.language, settings.judge),
        tokens=len(scored.generated.ids),
        log_probability=scored.generated.log_probability,
    )


def _gold(
    prepared: PreparedItem, scored: PromptScore, tokenizer: PreTrainedTokenizerBase
) -> GoldScore | None:
    ranked = [
        (scored.continuations[place], answer)
        for place, answer in zip(prepared.answers, prepared.item.answers, strict=False)
        if scored.continuations[place].token_scores
    ]
    if not ranked:
        return None
    best, answer = max(ranked, key=lambda pair: pair[0].log_likelihood)
    top = top_tokens(scored.answer_logits, TOP_TOKENS, tokenizer)
    return GoldScore(answer=answer, tokens=best.token_scores, top=top)


def _choice(prepared: PreparedItem, scored: PromptScore, settings: Settings) -> ChoiceScore | None:
    gold_index = prepared.item.gold_index
    if gold_index is None:
        return None
    options = tuple(
        OptionScore(
            text=text,
            log_likelihood=scored.continuations[place].log_likelihood,
            tokens=scored.continuations[place].tokens,
            bytes=len(text.encode()),
        )
        for text, place in zip(prepared.item.options, prepared.options, strict=True)
    )
    return ChoiceScore(options=options, gold_index=gold_index, normalisation=settings.choice)


def _letter(
    prepared: PreparedItem, scored: PromptScore | None, settings: Settings
) -> ChoiceScore | None:
    gold_index = prepared.item.gold_index
    if scored is None or gold_index is None:
        return None
    options = tuple(
        OptionScore(text=letter, log_likelihood=one.log_likelihood, tokens=one.tokens, bytes=1)
        for letter, one in zip(LETTERS, scored.continuations, strict=False)
    )
    return ChoiceScore(options=options, gold_index=gold_index, normalisation=settings.choice)


def _with_option_divergence(reference: Score, score: Score) -> Score:
    if reference.choice is None or score.choice is None:
        return score
    before = torch.tensor(reference.choice.probabilities, dtype=torch.float64)
    after = torch.tensor(score.choice.probabilities, dtype=torch.float64)
    tiny = torch.finfo(torch.float64).tiny
    divergence = kl_divergence(before.clamp(min=tiny).log(), after.clamp(min=tiny).log())
    return msgspec.structs.replace(score, kl_options=max(divergence, 0.0))


def _floor(
    variants: Variants,
    tokenizer: PreTrainedTokenizerBase,
    batch: Sequence[PreparedItem],
    settings: Settings,
    check: Callable[[], None],
) -> dict[int, Score]:
    """The reference once more, in other batches: the batch's halves, each in reverse order."""
    middle = (len(batch) + 1) // 2
    floors: dict[int, Score] = {}
    for half in (range(middle), range(middle, len(batch))):
        places = list(reversed(half))
        if not places:
            continue
        some = [batch[place] for place in places]
        with variants.using(settings.against) as model:
            raw = _run(model, tokenizer, some, settings, check)
        for row, place in enumerate(places):
            floors[place] = _score(batch[place], raw, row, tokenizer, settings, None)
    return floors


def _require_finite(raw: _Raw, name: str) -> None:
    logits: list[Tensor] = [scored.answer_logits for scored in raw.open]
    if not all(bool(torch.isfinite(one).all()) for one in logits):
        raise UserError(
            f"The variant {name} computes logits that are not finite",
            "Try --dtype float32, or a milder recipe.",
            status=1,
        )
