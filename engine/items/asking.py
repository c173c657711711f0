"""A question that a user asks, made an item like those of the run."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

import msgspec

from engine.items.distractors import with_distractors
from engine.items.stems import examples_of_stems, proposed_stem
from engine.items.validation import UNDETERMINED
from engine.judging.background import Background, units
from engine.judging.restating import words_of
from engine.judging.scripts import other_language
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.protocol import Ask

GROUPS = 64
"""So many languages and kinds are compared with a question at most."""


def asked_item(
    ask: Ask, item_id: str, items: Collection[Item], seed: int, background: Background
) -> Item:
    """The item of a question.

    Args:
        ask: what was asked.
        item_id: the item's id.
        items: of the run: they tell language, kind and stem where those aren't given, and lend
            options.
        seed: of the run, for the order of options and the choice of borrowed ones.
        background: of the same items.

    Raises:
        UserError: there is no question, or there are options without a gold answer.
    """
    question, gold = ask.question.strip(), ask.gold.strip()
    if not question:
        raise UserError(
            "there is no question", 'Write one, such as "What is the capital of Chile?".'
        )
    stem = ask.stem
    if stem is None:
        stem = proposed_stem(question, examples_of_stems(items))
    stem = (stem or "").strip() or None
    # What is drawn for it goes by the question: asked again, it is the same item.
    draft = Item(id=question, language=UNDETERMINED, question=question, gold=gold, stem=stem)
    language, kind = _place(draft, items, background, ask.language)
    item = msgspec.structs.replace(
        draft, language=language, kind=kind, options=_options(ask, gold, seed)
    )
    if gold:
        [item] = with_distractors([item], seed, (item, *items))
    return msgspec.structs.replace(item, id=item_id)


def examples_for(item: Item, items: Sequence[Item]) -> list[Item]:
    """The run's items as solved examples for a question that was asked.

    Where none is of its kind, any of its language may be shown, as if it were.
    """
    if any((one.language, one.kind) == (item.language, item.kind) for one in items):
        return list(items)
    return [msgspec.structs.replace(one, kind=item.kind) for one in items]


def _options(ask: Ask, gold: str, seed: int) -> tuple[str, ...]:
    options = tuple(dict.fromkeys(filter(None, map(str.strip, ask.options))))
    if not options or options == (gold,):
        return ()
    if not gold:
        raise UserError(
            "there are options, but no gold answer", "Say which answer is the right one."
        )
    if gold in options:
        return options
    drawn = [gold, *options]
    random.Random(f"{seed}\n{ask.question}").shuffle(drawn)
    return tuple(drawn)


def _place(
    draft: Item, items: Collection[Item], background: Background, wanted: str | None
) -> tuple[str, str | None]:
    """Language and kind of the items that a question is like, of the language `wanted` if any.

    It is of the language whose questions' common words it has most of, and of their kind where it
    has all of them. Where it has none, it is of the first language that is written in its letters.
    """
    groups: dict[tuple[str, str | None], Item] = {}
    for item in items:
        if len(groups) < GROUPS and wanted in (None, item.language):
            groups.setdefault((item.language, item.kind), item)
    shares: dict[tuple[str, str | None], float] = {}
    for language, kind in groups:
        candidate = msgspec.structs.replace(draft, language=language, kind=kind)
        frame = background.frame(candidate)
        texts = (draft.question, draft.stem or "")
        own = {unit for text in texts for unit in units(words_of(text, language))}
        shares[language, kind] = len(frame & own) / len(frame) if frame else 0.0
    best = max(shares, key=lambda group: shares[group], default=None)
    if best is not None and shares[best]:
        return best[0], best[1] if shares[best] == 1 else None
    if wanted is not None:
        return wanted, None
    for (language, _), item in groups.items():
        if other_language(draft.question, item) is None:
            return language, None
    return UNDETERMINED, None
