"""Every benchmark's adapter on a few rows in its real schema."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from engine.items.benchmarks.catalogue import BENCHMARKS, list_benchmarks
from engine.items.benchmarks.declarations import Row
from engine.items.files import describe
from engine.records.errors import UserError
from engine.records.items import Item
from tests.benchmark_rows import GLOBAL_MMLU_ROW, MINTAKA_ROW, MKQA_ROW, MMMLU_ROW, SQUAD_ROW

# Benchmark, language of the source, a row, and what must come of it.
CASES: list[tuple[str, str | None, dict[str, Any], dict[str, Any]]] = [
    (
        "xquad",
        "en",
        SQUAD_ROW,
        {
            "id": "56beb4343aeaaa14008c925b",
            "language": "en",
            "gold": "308",
            "aliases": ("308 points",),
            "passage": SQUAD_ROW["context"],
        },
    ),
    (
        "tydiqa",
        None,
        SQUAD_ROW | {"id": "finnish-2387335860751143628-1", "title": "Panthers"},
        {"id": "finnish-2387335860751143628-1", "language": "fi", "gold": "308"},
    ),
    (
        "mintaka",
        "de",
        {
            "id": "a9011ddf",
            "lang": "de",
            "question": "Wie heißt der siebthöchste Berg Nordamerikas?",
            "answerText": "Mount Lucania",
            "category": "geography",
            "complexityType": "ordinal",
            "questionEntity": [],
            "answerEntity": [{"name": "Q1153188", "label": "Mount Lucania"}],
        },
        {"id": "a9011ddf", "language": "de", "gold": "Mount Lucania", "kind": "geography"},
    ),
    (
        "mintaka",
        "fr",
        {
            "id": "b1",
            "lang": "fr",
            "question": "Le mont Blanc est-il plus haut que le mont Rainier ?",
            "answerText": "Yes",
            "category": "geography",
            "answerEntity": [],
        },
        {"gold": "Oui", "options": ("Oui", "Non"), "kind": "yes or no"},
    ),
    (
        "global-mmlu",
        "ja",
        GLOBAL_MMLU_ROW,
        {
            "id": "astronomy/test/7",
            "language": "ja",
            "gold": "木星",
            "options": ("火星", "木星", "金星", "地球"),
            "kind": "astronomy",
        },
    ),
    ("global-mmlu-lite", "ja", GLOBAL_MMLU_ROW, {"gold": "木星", "language": "ja"}),
    (
        "mmlu",
        "en",
        {
            "question": "Which planet is the largest?",
            "subject": "astronomy",
            "choices": ["Mars", "Venus", "Jupiter", "Earth"],
            "answer": 2,
        },
        {"language": "en", "gold": "Jupiter", "kind": "astronomy"},
    ),
    ("mmmlu", "fr", MMMLU_ROW, {"id": "mmmlu-0", "language": "fr", "gold": "Jupiter"}),
    (
        "belebele",
        "es",
        {
            "link": "https://en.wikibooks.org/wiki/Accordion/Right_hand",
            "question_number": 1,
            "flores_passage": "Asegúrate de que la mano esté relajada.",
            "question": "¿Cómo debe estar la mano?",
            "mc_answer1": "Tensa",
            "mc_answer2": "Relajada",
            "mc_answer3": "Cerrada",
            "mc_answer4": "Fría",
            "correct_answer_num": "2",
            "dialect": "spa_Latn",
            "ds": "2023-05-03",
        },
        {
            "language": "es",
            "gold": "Relajada",
            "options": ("Tensa", "Relajada", "Cerrada", "Fría"),
            "passage": "Asegúrate de que la mano esté relajada.",
        },
    ),
    (
        "hellaswag",
        "en",
        {
            "ind": 24,
            "activity_label": "Roof shingle removal",
            "ctx_a": "A man is sitting on a roof.",
            "ctx_b": "he",
            "ctx": "A man is sitting on a roof. he",
            "endings": ["is using wrap.", "is ripping tiles off.", "is holding a cube.", "sleeps."],
            "source_id": "activitynet~v_-JhWjGDPHMY",
            "split": "val",
            "split_type": "indomain",
            "label": "1",
        },
        {
            "id": "hellaswag-24",
            "stem": "A man is sitting on a roof. he",
            "gold": "is ripping tiles off.",
        },
    ),
    (
        "arc-challenge",
        "en",
        {
            "id": "Mercury_7175875",
            "question": "Which planet is the largest?",
            "choices": {"text": ["Mars", "Venus", "Jupiter"], "label": ["1", "2", "3"]},
            "answerKey": "3",
        },
        {"id": "Mercury_7175875", "gold": "Jupiter", "options": ("Mars", "Venus", "Jupiter")},
    ),
    (
        "arc-easy",
        "en",
        {
            "id": "MCAS_1",
            "question": {
                "stem": "Which planet is the largest?",
                "choices": [{"text": "Mars", "label": "A"}, {"text": "Jupiter", "label": "B"}],
            },
            "answerKey": "B",
        },
        {"id": "MCAS_1", "gold": "Jupiter", "options": ("Mars", "Jupiter")},
    ),
    (
        "triviaqa",
        "en",
        {
            "question": "Who was President when the first Peanuts cartoon was published?",
            "question_id": "tc_1",
            "question_source": "http://www.triviacountry.com/",
            "entity_pages": {"title": []},
            "search_results": {"title": []},
            "answer": {
                "value": "Harry Truman",
                "aliases": ["Presidency of Harry S. Truman", "Harry Truman", "President Truman"],
                "normalized_value": "harry truman",
                "type": "WikipediaEntity",
            },
        },
        {
            "id": "tc_1",
            "gold": "Harry Truman",
            "aliases": ("Presidency of Harry S. Truman", "President Truman"),
        },
    ),
    (
        "nq-open",
        "en",
        {"question": "when was the last time anyone was on the moon", "answer": ["1972", "14 Dec"]},
        {"gold": "1972", "aliases": ("14 Dec",)},
    ),
    (
        "popqa",
        "en",
        {
            "id": 4222362,
            "subj": "George Rankin",
            "prop": "occupation",
            "obj": "politician",
            "question": "What is George Rankin's occupation?",
            "possible_answers": '["politician", "political leader"]',
            "s_pop": 142,
        },
        {
            "id": "popqa-4222362",
            "gold": "politician",
            "aliases": ("political leader",),
            "kind": "occupation",
        },
    ),
    ("squad", "de", SQUAD_ROW, {"language": "de", "gold": "308"}),
    (
        "four-option",
        "en",
        {"question": "Largest planet?", "A": "Mars", "B": "Venus", "C": "Jupiter", "D": "Earth"}
        | {"answer": "C"},
        {"gold": "Jupiter", "options": ("Mars", "Venus", "Jupiter", "Earth")},
    ),
]


def row_of(values: dict[str, Any], language: str | None = None) -> Row:
    return Row(values=values, where="rows row 1", position=0, source_language=language)


def convert(name: str, values: dict[str, Any], language: str | None = None) -> list[Item]:
    entries = BENCHMARKS[name].convert(row_of(values, language))
    return [entry.item for entry in entries if entry.item is not None]


@pytest.mark.parametrize(("name", "language", "values", "expected"), CASES)
def test_a_row_becomes_an_item(
    name: str, language: str | None, values: dict[str, Any], expected: dict[str, Any]
) -> None:
    items = convert(name, values, language)
    assert len(items) == 1
    found = msgspec.structs.asdict(items[0])
    assert {field: found[field] for field in expected} == expected
    if items[0].options:
        assert items[0].gold in items[0].options


@pytest.mark.parametrize(("name", "language", "values", "expected"), CASES)
def test_a_changed_schema_names_the_column(
    name: str, language: str | None, values: dict[str, Any], expected: dict[str, Any]
) -> None:
    for column in ("question", "Question", "ctx"):
        if column in values:
            renamed = {"text" if key == column else key: value for key, value in values.items()}
            with pytest.raises(UserError) as caught:
                convert(name, renamed, language)
            assert caught.value.message.startswith("rows row 1: there is no column '")
            assert column in caught.value.message
            assert "The columns are: " in caught.value.hint


def row_for(name: str, **changes: Any) -> dict[str, Any]:
    """A benchmark's row from above with other values; dots step into structs."""
    values: dict[str, Any] = copy.deepcopy(next(case[2] for case in CASES if case[0] == name))
    for column, value in changes.items():
        *path, last = column.split("__")
        inside = values
        for step in path:
            inside = inside[step]
        inside[last] = value
    return values


@pytest.mark.parametrize(
    ("name", "column", "wrong"),
    [
        ("belebele", "correct_answer_num", 0),
        ("belebele", "correct_answer_num", "0"),
        ("belebele", "correct_answer_num", 5),
        ("belebele", "correct_answer_num", -1),
        ("belebele", "correct_answer_num", "two"),
        ("belebele", "correct_answer_num", 2.5),
        ("belebele", "correct_answer_num", True),
        ("mmlu", "answer", -1),
        ("mmlu", "answer", 4),
        ("mmlu", "answer", "E"),
        ("mmmlu", "Answer", "E"),
        ("global-mmlu", "answer", "4"),
        ("hellaswag", "label", "-1"),
        ("hellaswag", "label", ""),
        ("arc-challenge", "answerKey", "4"),
        ("arc-challenge", "answerKey", "0"),
        ("arc-challenge", "answerKey", "A"),
        ("arc-easy", "answerKey", "2"),
        ("four-option", "answer", "-1"),
        ("four-option", "answer", "Saturn"),
    ],
)
def test_an_answer_that_names_no_option_is_an_error(name: str, column: str, wrong: object) -> None:
    with pytest.raises(UserError) as caught:
        convert(name, row_for(name, **{column: wrong}))
    assert caught.value.message.startswith(f"rows row 1, column {column}: ")
    assert describe(wrong) in caught.value.message or describe(str(wrong)) in caught.value.message


def test_belebele_counts_its_options_from_one() -> None:
    golds = [
        convert("belebele", row_for("belebele", correct_answer_num=number))[0].gold
        for number in (1, "2", 3, "4", "A", "D")
    ]
    assert golds == ["Tensa", "Relajada", "Cerrada", "Fría", "Tensa", "Fría"]


@pytest.mark.parametrize(
    ("name", "lists", "answer", "number"),
    [
        ("mmlu", "choices", "answer", 2),
        ("hellaswag", "endings", "label", 2),
        ("four-option", "options", "answer", 2),
        ("arc-challenge", "choices__text", "answerKey", "3"),
    ],
)
def test_an_empty_option_moves_no_other(name: str, lists: str, answer: str, number: object) -> None:
    columns = {lists: ["Mars", " ", "Jupiter"], answer: number}
    if name == "arc-challenge":
        columns["choices__label"] = ["1", "2", "3"]
    [item] = convert(name, row_for(name, **columns))
    assert (item.gold, item.options) == ("Jupiter", ("Mars", "Jupiter"))
    empty = "2" if name == "arc-challenge" else 1
    with pytest.raises(UserError, match="expected an option with a text"):
        convert(name, row_for(name, **{**columns, answer: empty}))
    for few in ([], ["Jupiter"], ["Jupiter"] * 3):
        labels = (
            {"choices__label": ["1", "2", "3"][: len(few)]} if "choices__label" in columns else {}
        )
        first = "1" if name == "arc-challenge" else 0
        with pytest.raises(UserError, match="rows row 1"):
            convert(name, row_for(name, **{**columns, lists: few, answer: first, **labels}))


def test_mkqa_refuses_a_type_of_answer_that_there_is_not() -> None:
    for wrong in (-1, 8, True):
        answers: dict[str, Any] = {"en": [{"type": wrong, "text": "Edmunds", "aliases": []}]}
        with pytest.raises(UserError, match=r"row 1, column answers\.en: "):
            convert("mkqa", MKQA_ROW | {"answers": answers})


def test_every_benchmark_is_tried_and_listed() -> None:
    assert {case[0] for case in CASES} | {"mkqa"} == set(BENCHMARKS)
    listed = {info.name: info for info in list_benchmarks()}
    assert set(listed) == set(BENCHMARKS)
    assert listed["xquad"].short_answers
    assert not listed["xquad"].ships_options
    assert listed["belebele"].ships_options
    assert len(listed["belebele"].languages) == 122
    assert len(listed["mkqa"].languages) == 26
    assert all(info.licence for info in listed.values() if info.repository)


def test_mkqa_gives_an_item_per_language() -> None:
    items = convert("mkqa", MKQA_ROW)
    assert [(item.language, item.gold) for item in items] == [
        ("en", "Dave Edmunds"),
        ("zh-CN", "戴维·埃德蒙兹"),
    ]
    assert items[0].aliases == ("Edmunds",)
    hub_type = {"type": 0, "entity": "Q1", "text": "Edmunds", "aliases": []}
    on_the_hub = MKQA_ROW | {"answers": {"en": [hub_type]}}
    assert convert("mkqa", on_the_hub)[0].kind == "entity"
    unanswerable = MKQA_ROW | {"answers": {"en": [{"type": "unanswerable", "text": None}]}}
    assert not convert("mkqa", unanswerable)


def test_mintaka_gives_an_item_per_language_with_a_label() -> None:
    items = {item.language: item for item in convert("mintaka", MINTAKA_ROW)}
    assert set(items) == {"en", "de"}
    assert items["de"].answers == ("Mount Lucania",)
    assert items["en"].answers == ("Mount Lucania", "Lucania")
    number = MINTAKA_ROW | {"answer": {"answerType": "numerical", "answer": [4], "mention": "four"}}
    assert [item.gold for item in convert("mintaka", number)] == ["4", "4", "4"]
    both = MINTAKA_ROW["answer"]["answer"] * 2
    assert not convert("mintaka", MINTAKA_ROW | {"answer": {"answerType": "x", "answer": both}})
