"""The telling part of an answer in one cell of the table: what it names, where it loops."""

from __future__ import annotations

from rich.cells import cell_len

from engine.judging.tokens import Level, streams
from engine.records.items import Item
from engine.records.scores import Answer, Failure
from engine.text import REACH, displayable, fit, truncated
from tui.state.rows import answer_text

LOOP, GIVEN_BACK = "↻", "="

LEAST_WORDS = 3
LEAST_SPAN = 6
"""So many cells of a repeated span are worth showing."""


def right_answer(answer: Answer, room: int) -> str:
    """A right answer from where what was matched comes into view, in exactly `room` cells."""
    judgement = answer.judgement
    return fit(_from(answer, judgement.start, judgement.end, room), room)


def wrong_answer(answer: Answer, item: Item, room: int) -> str:
    """How a wrong answer fails, by its own words, in exactly `room` cells.

    A loop is the repeated span and how often it stands there; what is named comes into view; what
    repeats the stem is left out.
    """
    failure = answer.failure
    if failure is not None and failure.mode == "loop":
        looped = _loop(answer.text, item.language, failure, room)
        if looped is not None:
            return fit(looped, room)
    if failure is not None and failure.mode == "echo" and failure.text:
        return fit(f"{GIVEN_BACK} {displayable(failure.text)}", room)
    if failure is not None and failure.text is not None and failure.start is not None:
        end = failure.start + len(failure.text)
        return fit(_from(answer, failure.start, end, room), room)
    if failure is not None and failure.mode == "restates":
        rest = truncated(displayable(answer_text(answer)), room - 2, elide="middle")
        return fit(f"{GIVEN_BACK} {rest}", room)
    return fit(_without_stem(answer, item, room), room)


def _loop(text: str, language: str, failure: Failure, room: int) -> str | None:
    """The repeated span and how often it stands there in full; None where it isn't found again."""
    if failure.start is None or failure.period is None:
        return None
    for tokens in (
        streams(text, language)[0].with_articles,
        streams(text, language, Level.PLAIN)[0].tokens,
    ):
        numbers = [number for number, token in enumerate(tokens) if token.start == failure.start]
        looped = tokens[numbers[0] :] if numbers else ()
        times = len(looped) // failure.period
        span = [token.text for token in looped[: failure.period]]
        if times > 1 and span == [t.text for t in looped[failure.period : 2 * failure.period]]:
            words = text[looped[0].start : looped[failure.period - 1].end]
            count = f" ×{times}"
            size = max(room - cell_len(f"{LOOP} {count}"), LEAST_SPAN)
            return f"{LOOP} {truncated(displayable(words), size)}{count}"
    return None


def _from(answer: Answer, start: int | None, end: int | None, room: int) -> str:
    """An answer from where the characters from `start` to `end` of its raw text come into view."""
    text = answer.text
    whole = displayable(answer_text(answer)[: REACH * room])
    if start is None or end is None or cell_len(displayable(text[:end].lstrip(" "))) <= room:
        return whole
    match = displayable(text[start:end])
    before = max(room - 1 - cell_len(match), 0)
    lead = displayable(text[max(start - before, 0) : start])
    word = lead.find(" ") + 1
    return f"…{lead[word:]}{match}{displayable(text[end : end + REACH])}"


def _without_stem(answer: Answer, item: Item, room: int) -> str:
    """An answer without the words, `LEAST_WORDS` or more, that it begins with as the stem does."""
    text = answer_text(answer)[: REACH * room]
    words, stem = text.split(), (item.stem or "").split()
    same = 0
    while same < min(len(words), len(stem)) and words[same].casefold() == stem[same].casefold():
        same += 1
    if LEAST_WORDS <= same < len(words):
        return f"…{displayable(' '.join(words[same:]))}"
    return displayable(text)
