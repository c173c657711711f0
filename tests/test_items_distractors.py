"""Distractors and subsets: what is drawn, and that it is drawn the same way again."""

from __future__ import annotations

import random

import msgspec
import pytest

from engine.items.distractors import DRAWN_FROM, answer_shape, with_distractors
from engine.items.subsets import seeded_subset
from engine.records.items import Item


def item(identifier: str, gold: str, *aliases: str, language: str = "en") -> Item:
    return Item(id=identifier, language=language, question=f"{gold}?", gold=gold, aliases=aliases)


GOLDS = ["Paris", "Rome", "Berlin", "1998", "12 May 1801", "2004-01-02", "1871", "17", "3.5", "204"]
ITEMS = [
    *(item(f"i{number}", gold) for number, gold in enumerate(GOLDS)),
    item("kyiv", "Kyiv", "Kiev", "City of Kyiv"),
    item("kiev", "Kiev"),
    item("the-city", "City of Kyiv"),
    item("madrid", "Madrid", language="es"),
    item("lima", "Lima", language="es"),
]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1998", "date"),
        ("12 de mayo de 1801", "date"),
        ("2004年1月2日", "date"),
        ("٣٥", "number"),
        ("1 345 596", "number"),
        ("3.5 kg", "quantity"),
        ("20 a 18", "quantity"),
        ("una forma de ántrax", "term"),
        ("MPEG-4", "name"),
        ("北京", "name"),
        ("Louis XIV", "name"),
        ("because the weather had been too cold for them", "phrase"),
    ],
)
def test_answers_have_shapes(text: str, shape: str) -> None:
    assert answer_shape(text) == shape


def test_distractors_are_of_the_same_language_and_shape() -> None:
    for made in with_distractors(ITEMS, seed=0):
        assert made.gold in made.options
        assert made.distractors == "golds of other items, seed 0"
        assert len({answer_shape(option) for option in made.options}) == 1
    by_id = {made.id: made for made in with_distractors(ITEMS, seed=0)}
    assert set(by_id["madrid"].options) == {"Madrid", "Lima"}
    assert len(by_id["i0"].options) == 4


def test_no_right_answer_is_a_distractor() -> None:
    for made in with_distractors(ITEMS, seed=0):
        if "kyiv" in made.id or "kiev" in made.id or made.id == "the-city":
            others = [option for option in made.options if option != made.gold]
            assert not any(other.endswith(("Kyiv", "Kiev")) for other in others)


def test_the_draw_depends_on_seed_and_id_alone() -> None:
    made = with_distractors(ITEMS, seed=0)
    shuffled = ITEMS.copy()
    random.Random(1).shuffle(shuffled)
    again = {other.id: other for other in with_distractors(shuffled, seed=0)}
    assert all(again[one.id] == one for one in made)
    assert with_distractors(ITEMS, seed=1) != made


OWN = {
    "What colour is the sky?": "blue",
    "What colour is fresh grass?": "green",
    "What colour are ripe lemons?": "yellow",
    "What colour is blood?": "red",
    "How many days are in a week?": "seven",
    "How many legs has a spider?": "eight",
    "How many months are in a year?": "twelve",
    "What do bees make?": "honey",
    "What is the capital of France?": "Paris",
    "What is the capital of Japan?": "Tokyo",
    "What is the capital of Norway?": "Oslo",
    "Who wrote Hamlet?": "Shakespeare",
    "Who painted Guernica?": "Picasso",
    "Which planet is the largest?": "Jupiter",
}
COLOURS, COUNTS = {"blue", "green", "yellow", "red"}, {"seven", "eight", "twelve"}
CAPITALS = {"Paris", "Tokyo", "Oslo"}


def own(pairs: dict[str, str]) -> list[Item]:
    """Items of somebody's file, who didn't say their kinds."""
    return [Item(id=f"own-{q}", language="und", question=q, gold=a) for q, a in pairs.items()]


@pytest.mark.parametrize("seed", range(5))
def test_without_a_kind_distractors_are_what_like_questions_ask_for(seed: int) -> None:
    options = {made.gold: set(made.options) for made in with_distractors(own(OWN), seed)}
    for alike in (COLOURS, COUNTS):
        for gold in alike:
            assert options[gold] <= alike
            assert len(options[gold]) == min(len(alike), 4)
    for gold in CAPITALS:
        assert options[gold] >= CAPITALS
    # Nothing is like it, and any other word could be ruled out at a glance.
    assert options["honey"] == set()
    assert len(options["Shakespeare"]) == 4
    assert options["Shakespeare"].isdisjoint(COLOURS | COUNTS)


def test_what_like_questions_ask_for_is_in_the_same_script() -> None:
    pairs = {
        "中国的首都是哪里？": "北京",
        "日本的首都是哪里？": "东京",
        "Столица Франции — это?": "Париж",
        "Столица России — это?": "Москва",
        "The capital of Peru is?": "Lima",
    }
    options = {made.gold: set(made.options) for made in with_distractors(own(pairs), 0)}
    assert options["北京"] == options["东京"] == {"北京", "东京"}
    assert options["Париж"] == {"Париж", "Москва"}
    assert options["Lima"] == set()


def test_answers_that_are_given_often_go_first() -> None:
    rare = {f"Who governed the town number {n}?": f"Nobody {chr(97 + n)}" for n in range(20)}
    often = {f"Who governed the land number {n}?": f"Person {'abc'[n % 3]}" for n in range(9)}
    asked = {"Who governed the isle number 99?": "Person d"}
    drawn = [with_distractors(own(rare | often | asked), seed)[-1].options for seed in range(40)]
    assert len({option for options in drawn for option in options} - {"Person d"}) == DRAWN_FROM
    assert {"Person a", "Person b", "Person c"} <= {option for one in drawn for option in one}


def test_about_a_passage_any_answer_of_its_shape_is_lent() -> None:
    items = [msgspec.structs.replace(one, passage="…") for one in own(OWN)]
    assert all(len(made.options) > 1 for made in with_distractors(items, 0))


def test_items_that_say_their_kind_are_lent_answers_of_that_kind_alone() -> None:
    items = [
        msgspec.structs.replace(one, kind="colour" if one.gold in COLOURS else "other")
        for one in own(OWN)
    ]
    for made in with_distractors(items, 0):
        if made.kind == "colour":
            assert set(made.options) == COLOURS
        else:
            assert set(made.options).isdisjoint(COLOURS)


def test_options_that_are_there_stay() -> None:
    given = msgspec.structs.replace(ITEMS[0], options=("Paris", "Oslo"))
    made = with_distractors([given, *ITEMS[1:]], seed=0)
    assert made[0] == given
    alone = item("alone", "Paris")
    assert with_distractors([alone], seed=0) == (alone,)


def test_the_subset_is_the_same_whatever_the_order() -> None:
    ids = [f"q{number}" for number in range(1000)]
    chosen = seeded_subset(ids, 200, seed=0)
    assert len(chosen) == 200
    assert seeded_subset(ids[::-1], 200, seed=0) == chosen
    assert seeded_subset(ids, 100, seed=0) < chosen
    assert len(seeded_subset(ids, 200, seed=1) & chosen) < 100
    assert seeded_subset(ids[:5], 200, seed=0) == frozenset(ids[:5])
