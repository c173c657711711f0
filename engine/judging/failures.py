"""How a wrong open answer fails, judged by its text alone.

An answer often fails in several ways at once; the mode is the first that fits of

1. *empty*: there is no word or symbol in it, so that nothing else can be told.
2. *loop*: it repeats a span to its end. Whatever stands in the span is said by the repetition: a
   model that can't leave "the capital of Japan is" doesn't mean to restate the question.
3. *other-option*, 4. *other-entity*: it names another candidate of the item, or a gold answer of
   another item of the same language and kind. It answers, if wrongly, however it is worded. A
   candidate goes first, being what the choice was between; of several the first named counts.
5. *echo*, 6. *restates*: it gives back the question's subject alone ("China."), or what question or
   stem say, without an answer behind it. Both go before a near miss, since many a capital begins
   like its country (Algiers).
7. *near-miss*: a word of it begins like a gold answer and breaks ("Jakarti").
8. *other-language*: its letters are not those of the item's language. A name in one of the modes
   above was understood in spite of them.
9. *cut-off*: it ends at the token limit, where it may have come to the answer later.
10. *other*: none of these.

An answer that contains the gold answer, and is wrong under a stricter rule, can only be a loop, cut
off, or other. What counts when texts are compared is what counts for the judge
(`engine.judging.tokens`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from engine.judging.background import Background, Named
from engine.judging.loops import find_loop
from engine.judging.matching import match
from engine.judging.restating import EDGES, echo, restates, words_of
from engine.judging.scripts import other_language
from engine.judging.tokens import Level, Token, is_unspaced, streams
from engine.records.items import Item
from engine.records.scores import Answer, Failure, GoldScore, Score

FEW_SYMBOLS = 2
"""So many punctuation marks alone are an empty answer."""

NEAR_SHARE, NEAR_LETTERS, NEAR_CHARACTERS = 0.5, 4, 2
"""This share of the gold answer's letters, so many at least, stands there before it breaks (of a
word of four letters three); in scripts without spaces so many characters."""


def with_failure(score: Score, item: Item, background: Background) -> Score:
    """The score whose open answer, where it is wrong, has its failure mode."""
    answer = score.open
    if answer is None:
        return score
    failure = None
    if answer.judgement.correct is False:
        failure = failure_of(answer, item, background, score.gold)
    if failure == answer.failure:
        return score
    return msgspec.structs.replace(score, open=msgspec.structs.replace(answer, failure=failure))


def failure_of(
    answer: Answer, item: Item, background: Background, gold: GoldScore | None = None
) -> Failure:
    """How a wrong open answer fails.

    Args:
        answer: with its judgement.
        item: that it is an answer to.
        background: the other items of the run, and its token limit.
        gold: where known, says at which token of the gold answer a near miss breaks.
    """
    text = answer.text
    at_limit = answer.tokens == background.answer_tokens

    tests: list[Callable[[], Failure | None]] = [lambda: _loop(text, item, at_limit)]
    if not answer.judgement.containment:
        tests = [
            lambda: _empty(text),
            *tests,
            lambda: _other_option(text, item),
            lambda: _other_entity(text, item, background),
            lambda: echo(text, item, background),
            lambda: restates(text, item, background, at_limit),
            lambda: _near_miss(text, item, gold),
            lambda: _other_language(text, item),
        ]
    found = (failure for test in tests if (failure := test()))
    failure = next(found, None) or _unnamed(answer, at_limit)
    if answer.judgement.containment and failure.mode != "other":
        both = f"{answer.judgement.explanation}; {failure.explanation}"
        return msgspec.structs.replace(failure, explanation=both)
    return failure


def _empty(text: str) -> Failure | None:
    if any(character.isalnum() for character in text):
        return None
    if not text.strip():
        return Failure(mode="empty", explanation="empty answer")
    symbols = streams(text, "und", Level.PLAIN)[0].words
    if set(symbols) <= set(EDGES) and len(symbols) <= FEW_SYMBOLS:
        return Failure(mode="empty", explanation="there is no word in it")
    return None


def _loop(text: str, item: Item, at_limit: bool) -> Failure | None:
    found = find_loop(text, item.language, cut=at_limit)
    if found is None:
        return None
    plural = "" if found.period == 1 else "s"
    period = f"{found.period} {found.unit}{plural}"
    return Failure(
        mode="loop",
        explanation=f"loops from {found.unit} {found.onset} with a period of {period}",
        start=found.start,
        onset=found.onset,
        period=found.period,
        unit=found.unit,
    )


def _other_option(text: str, item: Item) -> Failure | None:
    named = [
        Named(item.id, option, found.start)
        for option in item.options
        if option not in item.answers
        and (found := match(text, option, item.language)).start is not None
    ]
    if not named:
        return None
    # Of options that begin at the same place ("New York", "New York City") the longer one is meant.
    first = min(named, key=lambda option: (option.start, -len(option.answer)))
    return Failure(
        mode="other-option",
        explanation=f"names another candidate, ‘{first.answer}’",
        text=first.answer,
        start=first.start,
    )


def _other_entity(text: str, item: Item, background: Background) -> Failure | None:
    asked = f"{item.question}\n{item.stem or ''}"
    named = [
        other
        for other in background.named(text, item)
        if match(asked, other.answer, item.language).start is None
    ]
    if not named:
        return None
    first = min(named, key=lambda other: (other.start, -len(other.answer)))
    kind = item.kind or "answer"
    return Failure(
        mode="other-entity",
        explanation=f"names the {kind} of another item, ‘{first.answer}’",
        text=first.answer,
        start=first.start,
    )


def _near_miss(text: str, item: Item, gold: GoldScore | None) -> Failure | None:
    tokens = streams(text, item.language)[0].tokens
    # Brazil begins like Brasília, but is what was asked about.
    asked = {*words_of(item.question, item.language), *words_of(item.stem or "", item.language)}
    places = [place for place, token in enumerate(tokens) if token.text not in asked]
    best: tuple[float, int, Failure] | None = None
    for answer in item.answers:
        letters = "".join(streams(answer, item.language)[0].words)
        least = min(NEAR_LETTERS, max(len(letters) - 1, NEAR_LETTERS - 1))
        if letters and is_unspaced(letters[0]):
            least = NEAR_CHARACTERS
        for place in places:
            same, start = _common(tokens[place:], letters)
            share = same / len(letters) if letters else 0.0
            if same < least or share < NEAR_SHARE or (best and (share, same) <= best[:2]):
                continue
            token = _token_at(gold, answer, item.language, same)
            where = f"character {same + 1}" + (f", in its token {token}" if token else "")
            failure = Failure(
                mode="near-miss",
                explanation=f"begins like ‘{answer}’ and breaks at {where}",
                text=answer,
                start=start,
                onset=same + 1,
                token=token,
            )
            best = (share, same, failure)
    return best[2] if best else None


def _common(tokens: Sequence[Token], letters: str) -> tuple[int, int]:
    """How many letters the tokens have in common with a beginning of `letters`, and where in the
    raw text they stop."""
    same, stopped = 0, tokens[0].start
    for token in tokens:
        for character, end in zip(token.text, token.ends, strict=True):
            if same == len(letters) or character != letters[same]:
                return same, stopped
            same, stopped = same + 1, end
    return same, stopped


def _token_at(gold: GoldScore | None, answer: str, language: str, letter: int) -> int | None:
    """The token of the gold answer that has its letter number `letter`, from 0."""
    if gold is None or gold.answer != answer:
        return None
    count = 0
    for number, token in enumerate(gold.tokens, start=1):
        count += sum(map(len, streams(token.text, language)[0].words))
        if count > letter:
            return number
    return None


def _other_language(text: str, item: Item) -> Failure | None:
    if why := other_language(text, item):
        return Failure(mode="other-language", explanation=why)
    return None


def _unnamed(answer: Answer, at_limit: bool) -> Failure:
    if at_limit:
        explanation = f"goes on at the limit of {answer.tokens} tokens"
        return Failure(mode="cut-off", explanation=explanation)
    return Failure(mode="other", explanation=answer.judgement.explanation)
