"""A question of one's own becomes an item: what is typed, its stem, language, kind and options."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from engine.items.asking import asked_item, examples_for
from engine.items.reading import read_items
from engine.items.stems import examples_of_stems, proposed_stem
from engine.judging import judge
from engine.judging.background import Background
from engine.records.errors import UserError
from engine.records.items import Item
from engine.records.protocol import Ask
from tui.state.asking import Typed, read_typed


@cache
def capitals() -> tuple[Item, ...]:
    return read_items("capitals", limit=12).items


def item_of(ask: Ask, items: tuple[Item, ...] | None = None) -> Item:
    known = capitals() if items is None else items
    return asked_item(ask, "asked-1", known, 0, Background(known, 24))


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("What is the capital of Chile?", Typed("What is the capital of Chile?")),
        (
            " What is the capital of Chile? = Santiago | Lima|Bogota ",
            Typed("What is the capital of Chile?", "Santiago", ("Lima", "Bogota")),
        ),
        ("What is 2 + 2 = ? = 4", Typed("What is 2 + 2 = ?", "4")),
        ("The capital of Chile = Santiago", Typed("The capital of Chile", "Santiago")),
        ("What is a==b?", Typed("What is a==b?")),
        ("智利的首都是哪里？=圣地亚哥", Typed("智利的首都是哪里？", "圣地亚哥")),
        ("Who? = | a", Typed("Who?", "", ("a",))),
        ("", Typed("")),
    ],
)
def test_a_line_holds_question_gold_and_options(line: str, typed: Typed) -> None:
    assert read_typed(line) == typed


@pytest.mark.parametrize(
    ("question", "stem"),
    [
        ("What is the capital of Chile?", "The capital of Chile is"),
        ("what is the capital of chile", "The capital of chile is"),
        # One that the run has keeps its own stem.
        ("What is the capital of China?", "The capital of China is"),
        ("What is the population of Chile?", "The population of Chile is"),
        ("¿Cuál es la capital de Chile?", "La capital de Chile es"),
        ("Quelle est la capitale du Chili ?", None),
        ("Who was the first president of Chile?", "The first president of Chile was"),
        ("What is Chile's largest city?", "Chile's largest city is"),
        ("What is the capital of Chile called?", None),
        ("Is Santiago the capital of Chile?", None),
        ("Who wrote Faust?", None),
        ("Why?", None),
    ],
)
def test_a_stem_is_proposed_where_it_follows(question: str, stem: str | None) -> None:
    items = [item for item in capitals() if item.language in ("en", "es")]
    assert proposed_stem(question, examples_of_stems(items)) == stem


def test_stems_follow_in_scripts_without_spaces_and_with_marks() -> None:
    for language in ("zh-Hans", "ja", "hi", "ar", "th"):
        own = [item for item in capitals() if item.language.startswith(language[:2])]
        if not own:
            continue
        target, *others = own
        assert proposed_stem(target.question, examples_of_stems(others)) == target.stem


def test_language_and_kind_are_those_of_the_items_that_it_is_like() -> None:
    for question, language, kind in (
        ("What is the capital of Chile?", "en", "capital"),
        ("¿Cuál es la capital de Chile?", "es", "capital"),
        ("What is the largest city of Chile?", "en", None),
        ("Who wrote Faust?", "en", None),
        ("ⲁⲃⲅ ⲇⲉⲍ", "en", None),
    ):
        item = item_of(Ask(question=question))
        assert (item.language, item.kind) == (language, kind), question
    assert item_of(Ask(question="Wer schrieb Faust?", language="de")).language == "de"
    assert item_of(Ask(question="Кто написал «Фауста»?"), _in("en")).language == "und"
    assert item_of(Ask(question="Who wrote Faust?"), ()).language == "und"


def _in(language: str) -> tuple[Item, ...]:
    return tuple(item for item in capitals() if item.language == language)


def test_options_are_given_or_borrowed_and_marked_or_absent() -> None:
    question = "What is the capital of Chile?"
    given = item_of(Ask(question=question, gold="Santiago", options=("Lima", "Bogota", "Lima")))
    assert sorted(given.options) == ["Bogota", "Lima", "Santiago"]
    assert given.distractors is None
    ordered = ("Lima", "Santiago")
    assert item_of(Ask(question=question, gold="Santiago", options=ordered)).options == ordered

    lent = item_of(Ask(question=question, gold="Santiago"))
    golds = {item.gold for item in _in("en")}
    assert len(lent.options) == 4
    assert set(lent.options) - {"Santiago"} <= golds
    assert lent.distractors is not None
    # Asked again it is the same item, whatever its id.
    ask, background = Ask(question=question, gold="Santiago"), Background(capitals(), 24)
    again = asked_item(ask, "asked-2", capitals(), 0, background)
    assert replace(again, id=lent.id) == lent

    other = item_of(Ask(question="Who wrote Faust?", gold="Johann Wolfgang von Goethe himself"))
    assert other.options == ()
    assert item_of(Ask(question=question)).options == ()
    with pytest.raises(UserError, match="no gold answer"):
        item_of(Ask(question=question, options=("Lima", "Bogota")))
    with pytest.raises(UserError, match="no question"):
        item_of(Ask(question="  "))


def test_a_stem_may_be_ones_own_or_none() -> None:
    question = "What is the capital of Chile?"
    assert item_of(Ask(question=question)).stem == "The capital of Chile is"
    assert item_of(Ask(question=question, stem="Chile's capital:")).stem == "Chile's capital:"
    assert item_of(Ask(question=question, stem="")).stem is None


def test_examples_are_of_its_kind_or_else_of_its_language() -> None:
    items = list(_in("en"))
    assert examples_for(item_of(Ask(question="What is the capital of Chile?")), items) == items
    alike = examples_for(item_of(Ask(question="Who wrote Faust?")), items)
    assert [one.id for one in alike] == [one.id for one in items]
    assert {one.kind for one in alike} == {None}


def test_without_a_gold_answer_there_is_no_verdict() -> None:
    judgement = judge("Santiago", item_of(Ask(question="Where?")).answers, "en")
    assert judgement.correct is None
    assert "no gold answer" in judgement.explanation
