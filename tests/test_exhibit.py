"""What the item table shows of an answer: the part that tells."""

from __future__ import annotations

import pytest

from engine.judging.background import Background
from engine.judging.failures import failure_of
from engine.judging.verdict import judge
from engine.records.items import Item
from engine.records.scores import Answer
from tui.drawing.exhibit import right_answer, wrong_answer

CHINA = Item(
    id="cn",
    language="en",
    question="What is the capital of China?",
    stem="The capital of China is",
    gold="Beijing",
    options=("Beijing", "Tokyo", "Seoul"),
)
KINGDOM = Item(
    id="jp", language="ja", question="日本の首都はどこですか?", gold="東京", stem="日本の首都は"
)


def answer(text: str, item: Item, tokens: int = 12) -> Answer:
    plain = Answer(
        text=text,
        judgement=judge(text, item.answers, item.language, "containment"),
        tokens=tokens,
        log_probability=-1.0,
    )
    failure = None
    if not plain.judgement.correct:
        failure = failure_of(plain, item, Background([item], 24))
    return Answer(text=text, judgement=plain.judgement, tokens=tokens, failure=failure)


@pytest.mark.parametrize(
    ("item", "text", "shown"),
    [
        (CHINA, " the capital of China is the capital of China is", "↻ the capital of China is ×2"),
        (CHINA, " China.", "= China"),
        (
            CHINA,
            " The capital of China is Shanghai, a city by the sea",
            "…Shanghai, a city by the sea",
        ),
        (CHINA, " Hello", "Hello"),
        (KINGDOM, "大阪です大阪です大阪です", "↻ 大阪です ×3"),
    ],
)
def test_a_wrong_answer_is_what_is_left_of_it(item: Item, text: str, shown: str) -> None:
    assert wrong_answer(answer(text, item), item, 40).rstrip() == shown


def test_what_is_named_comes_into_view() -> None:
    text = " It is a country in the east of Asia whose largest neighbours are near Tokyo and"
    assert "Tokyo" in wrong_answer(answer(text, CHINA), CHINA, 20)
    right = " It is a country in the east of Asia whose capital is Beijing"
    assert "Beijing" in right_answer(answer(right, CHINA), 20)


@pytest.mark.parametrize("room", [9, 12, 20, 33])
def test_a_narrow_column_keeps_the_count(room: int) -> None:
    looped = answer(" the capital of China is the capital of China is", CHINA)
    assert wrong_answer(looped, CHINA, room).rstrip().endswith("×2") or room < 13
    assert len(wrong_answer(looped, CHINA, room)) == room
