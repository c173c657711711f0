"""Other tokens at a place of a greedy answer, and how the variant goes on after them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.judging.verdict import judge
from engine.probing.going_on import Begun, go_on
from engine.probing.prober import Prober
from engine.probing.probing import Probing, Subject
from engine.records.errors import UserError
from engine.records.instruments.fork import Fork, ForkFinding
from engine.records.settings import DENSE
from engine.scoring.answers import answer_text
from engine.scoring.likelihood import token_text


def find_continuations(
    probing: Probing, subjects: Sequence[Subject], instrument: Fork
) -> list[ForkFinding]:
    """Force a token into the greedy answer of every item, and let the variant go on.

    Raises:
        UserError: an answer has no such position, or what is to be forced has no tokens.
    """
    probing.step("going on", 0.0, None)
    kept = _kept(probing, subjects, instrument)
    forced = [_forced(probing, subject, instrument) for subject in subjects]
    begun = [before + its for before, its in zip(kept, forced, strict=True)]
    with probing.variants.using(probing.variant) as model:
        answers = go_on(probing, model, subjects, begun)
    return [
        _finding(probing, subject, instrument, before, its, answer)
        for subject, before, its, answer in zip(subjects, kept, forced, answers, strict=True)
    ]


def _kept(probing: Probing, subjects: Sequence[Subject], instrument: Fork) -> list[Begun]:
    """The tokens of the greedy answers before the forced one."""
    if instrument.position == 0:
        return [() for _ in subjects]
    name = DENSE if instrument.of == "dense" else probing.variant
    with probing.variants.using(name) as model:
        answers = go_on(probing, model, subjects, [() for _ in subjects])
    for subject, answer in zip(subjects, answers, strict=True):
        if len(answer) < instrument.position:
            raise UserError(
                f"the {name} answer of {subject.item.id} has {len(answer)} tokens",
                "Choose a position from 0 to that number.",
            )
    return [answer[: instrument.position] for answer in answers]


def _forced(probing: Probing, subject: Subject, instrument: Fork) -> Begun:
    if instrument.text is None:
        return subject.gold[:1]
    ids = tuple(probing.tokenizer(instrument.text, add_special_tokens=False)["input_ids"])
    if not ids or len(ids) + instrument.position > probing.settings.answer_tokens:
        raise UserError(
            f"the text '{instrument.text}' can't be forced: it has {len(ids)} tokens",
            f"An answer of this run has at most {probing.settings.answer_tokens}.",
        )
    return ids


def _finding(
    probing: Probing, subject: Subject, instrument: Fork, kept: Begun, forced: Begun, answer: Begun
) -> ForkFinding:
    item, tokenizer = subject.item, probing.tokenizer
    text = answer_text(tokenizer, answer, subject.prompt)
    return ForkFinding(
        item_id=item.id,
        variant=probing.variant,
        instrument=instrument,
        answer=subject.answer,
        kept=str(tokenizer.decode(list(kept), skip_special_tokens=True)),
        forced=tuple(token_text(tokenizer, id_) for id_ in forced),
        text=text,
        tokens=len(answer),
        gold_tokens=len(subject.gold),
        judgement=judge(text, item.answers, item.language, probing.settings.judge),
    )


PROBER = Prober(Fork, find_continuations)
