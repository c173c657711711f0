"""Every benchmark's adapter on a few rows in its real schema, and how a benchmark is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from engine.items.benchmarks.catalogue import BENCHMARKS, list_benchmarks, read_benchmark
from engine.items.benchmarks.declarations import Benchmark, Row
from engine.items.benchmarks.hub import hub_rows
from engine.items.reading import read_items
from engine.records.errors import UserError
from engine.records.items import Item

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"

SQUAD_ROW: dict[str, Any] = {
    "id": "56beb4343aeaaa14008c925b",
    "context": "The Panthers' defence gave up just 308 points.",
    "question": "How many points did the Panthers' defence give up?",
    "answers": {"text": ["308", "308", "308 points"], "answer_start": [35, 35, 35]},
}
MMMLU_ROW: dict[str, Any] = {
    "Unnamed: 0": 0,
    "Question": "Quelle planète est la plus grande ?",
    "A": "Mars",
    "B": "Vénus",
    "C": "Jupiter",
    "D": "La Terre",
    "Answer": "C",
    "Subject": "astronomy",
}
GLOBAL_MMLU_ROW: dict[str, Any] = {
    "sample_id": "astronomy/test/7",
    "subject": "astronomy",
    "subject_category": "STEM",
    "question": "どの惑星が一番大きいですか。",
    "option_a": "火星",
    "option_b": "木星",
    "option_c": "金星",
    "option_d": "地球",
    "answer": "B",
    "required_knowledge": "[]",
    "cultural_sensitivity_label": "CA",
    "is_annotated": True,
}
MKQA_ROW: dict[str, Any] = {
    "example_id": 563260143484355911,
    "query": "who sings i hear you knocking",
    "queries": {"en": "who sings i hear you knocking", "zh_cn": "谁唱的", "fr": "qui chante"},
    "answers": {
        "en": [
            {"type": "entity", "entity": "Q545186", "text": "Dave Edmunds", "aliases": ["Edmunds"]}
        ],
        "zh_cn": [{"type": "entity", "entity": "Q545186", "text": "戴维·埃德蒙兹"}],
        "fr": [{"type": "entity", "entity": "Q545186", "text": None, "aliases": []}],
    },
}
MINTAKA_ROW: dict[str, Any] = {
    "id": "a9011ddf",
    "question": "What is the seventh tallest mountain in North America?",
    "translations": {"de": "Wie heißt der siebthöchste Berg Nordamerikas?", "ja": "…何ですか？"},
    "questionEntity": [{"name": "Q49", "entityType": "entity", "label": "North America"}],
    "answer": {
        "answerType": "entity",
        "answer": [{"name": "Q1153188", "label": {"en": "Mount Lucania", "de": "Mount Lucania"}}],
        "mention": "Lucania",
    },
    "category": "geography",
    "complexityType": "ordinal",
}

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
    return Row(values=values, where="rows row 1", position=0, language=language)


def convert(name: str, values: dict[str, Any], language: str | None = None) -> list[Item]:
    entries = BENCHMARKS[name].convert(row_of(values, language))
    return [entry.item for entry in entries if entry.item is not None]


def write_json(path: Path, document: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return str(path)


def squad_file(path: Path, count: int, word: str) -> str:
    """A SQuAD file with `count` questions whose ids don't depend on the language."""
    questions = [
        {
            "id": f"q{number}",
            "question": f"{word} {number}?",
            "answers": [{"text": f"{word} {chr(65 + number % 26)}{number}", "answer_start": 0}],
        }
        for number in range(count)
    ]
    paragraphs = [{"context": "…", "qas": questions}]
    return write_json(path, {"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]})


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
            assert "the columns are: " in caught.value.hint


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


def test_the_subset_has_the_same_ids_in_every_language(tmp_path: Path) -> None:
    spanish = squad_file(tmp_path / "xquad.es.json", 500, "Palabra")
    chinese = squad_file(tmp_path / "xquad.zh.json", 500, "词语")
    read = [read_items(f"xquad:{path}") for path in (spanish, chinese)]
    assert [{item.language for item in items.items} for items in read] == [{"es"}, {"zh"}]
    assert len(read[0].items) == 200
    assert [item.id for item in read[0].items] == [item.id for item in read[1].items]
    assert all(len(item.options) == 4 for item in read[0].items)
    assert read[0].licence == "CC BY-SA 4.0"
    ids = {item.id for item in read[0].items}
    assert {item.id for item in read_items(f"xquad:{spanish}", limit=50).items} < ids
    assert {item.id for item in read_items(f"xquad:{spanish}", seed=1).items} != ids


def test_several_languages_of_a_benchmark_are_one_set_of_items(tmp_path: Path) -> None:
    spanish = squad_file(tmp_path / "xquad.es.json", 500, "Palabra")
    chinese = squad_file(tmp_path / "xquad.zh.json", 500, "词语")
    both = read_items(f"xquad:{spanish},{chinese}", limit=20).items
    assert [item.language for item in both] == ["es"] * 20 + ["zh"] * 20
    single = [item.id for item in read_items(f"xquad:{spanish}", limit=20).items]
    assert [item.id for item in both[:20]] == [f"{one}-es" for one in single]
    assert [item.id for item in both[20:]] == [f"{one}-zh" for one in single]
    words = {"es": "Palabra", "zh": "词语"}
    assert all(words[item.language] in option for item in both for option in item.options)
    with pytest.raises(UserError, match="-es is there more than once"):
        read_items(f"xquad:{spanish},{spanish}")
    with pytest.raises(UserError, match="neither a language nor a file 'xx'"):
        read_items(f"xquad:{spanish},xx")


def test_original_files_in_their_own_formats(tmp_path: Path) -> None:
    lines = [MKQA_ROW, MKQA_ROW | {"example_id": 7}]
    mkqa = tmp_path / "mkqa.jsonl"
    mkqa.write_text("\n".join(json.dumps(line) for line in lines))
    assert [item.id for item in read_items(f"mkqa:{mkqa}", languages=["zh"]).items] == [
        "563260143484355911-zh-CN",
        "7-zh-CN",
    ]
    mintaka = write_json(tmp_path / "mintaka_test.json", [MINTAKA_ROW])
    assert len(read_items(f"mintaka:{mintaka}").items) == 2
    trivia = {"QuestionId": "tc_1", "Question": "Who?", "Answer": {"Value": "I", "Aliases": ["me"]}}
    path = write_json(tmp_path / "unfiltered-web-dev.json", {"Data": [trivia], "Version": 1.0})
    assert read_items(f"triviaqa:{path}").items[0].answers == ("I", "me")
    mmlu = tmp_path / "astronomy_test.csv"
    mmlu.write_text('"Largest, by mass?",Mars,Venus,Jupiter,Earth,C\nNearest?,a,b,c,d,A\n')
    items = read_items(f"mmlu:{mmlu}").items
    assert [(item.gold, item.kind) for item in items] == [
        ("Jupiter", "astronomy"),
        ("a", "astronomy"),
    ]
    mmmlu = tmp_path / "mmlu_FR-FR.csv"
    pl.DataFrame([MMMLU_ROW]).rename({"Unnamed: 0": ""}).write_csv(mmmlu)
    assert [(item.id, item.language) for item in read_items(f"mmmlu:{mmmlu}").items] == [
        ("mmmlu-0", "fr")
    ]
    table = tmp_path / "ja" / "test-00000-of-00001.parquet"
    table.parent.mkdir()
    pl.DataFrame([GLOBAL_MMLU_ROW]).write_parquet(table)
    assert read_items(f"global-mmlu:{table}").items[0].language == "ja"
    tsv = tmp_path / "popQA.tsv"
    tsv.write_text('id\tprop\tquestion\tpossible_answers\n1\tcapital\tq\t"[""Louisville""]"\n')
    assert read_items(f"popqa:{tsv}").items[0].gold == "Louisville"


@pytest.mark.parametrize(
    ("source", "name", "language"),
    [
        ("xquad", "xquad.es.json", "es"),
        ("squad", "dev-v1.1_de.json", "de"),
        ("squad", "what_is_it_about.json", "und"),
        ("tydiqa", "tydiqa.sw.dev.json", "sw"),
        ("xquad", "zh/test.json", "zh"),
    ],
)
def test_a_file_name_tells_the_language(
    source: str, name: str, language: str, tmp_path: Path
) -> None:
    path = squad_file(tmp_path / "data" / name, 3, "word")
    assert {item.language for item in read_items(f"{source}:{path}").items} == {language}
    if language == "und":
        named = read_items(f"{source}:{path}", languages=["fr"]).items
        assert {item.language for item in named} == {"fr"}


def test_a_wrong_name_says_what_would_be_right(tmp_path: Path) -> None:
    def failure(source: str) -> UserError:
        with pytest.raises(UserError) as caught:
            read_items(source)
        assert caught.value.status == 2
        return caught.value

    assert "xquad" in failure("xqad:es").hint
    assert "es" in failure("xquad:xx").hint
    assert "xquad:LANGUAGE" in failure("xquad").hint
    assert "squad:FILE" in failure("squad:en").hint
    assert "no such file" in failure("xquad:absent.json").message
    assert "invalid JSON" in failure(f"squad:{_text(tmp_path / 'a.json', '{')}").message
    assert "expected a list of rows" in failure(f"squad:{_text(tmp_path / 'b.json', '{}')}").message
    lacking = write_json(tmp_path / "c.json", {"data": [{"paragraphs": [{"context": "c"}]}]})
    assert "lacks 'qas'" in failure(f"squad:{lacking}").message
    changed = write_json(tmp_path / "d.json", [{"id": "1", "query": "?"}])
    assert (
        f"{changed} row 1: there is no column 'answers.text'" in failure(f"squad:{changed}").message
    )


def _text(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def repository(folder: Path) -> Benchmark:
    """XQuAD in a directory that is laid out like its repository on the Hub."""
    rows = [SQUAD_ROW | {"id": f"q{number}"} for number in range(3)]
    card = "---\nconfigs:\n"
    for name in ("xquad.es", "xquad.en"):
        (folder / name).mkdir(parents=True)
        pl.DataFrame(rows).write_parquet(folder / name / "validation-00000-of-00001.parquet")
        card += f"- config_name: {name}\n  data_files:\n"
        card += f"  - split: validation\n    path: {name}/validation-*\n"
    (folder / "README.md").write_text(f"{card}---\n")
    return msgspec.structs.replace(BENCHMARKS["xquad"], repository=str(folder))


def test_the_hub_is_read_through_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    benchmark = repository(tmp_path / "xquad")
    assert [row["id"] for row in hub_rows(benchmark, "xquad.es")] == ["q0", "q1", "q2"]
    items = read_benchmark(benchmark, "es", languages=(), limit=2, seed=0)
    assert [(item.language, item.gold) for item in items] == [("es", "308"), ("es", "308")]
    items = read_benchmark(benchmark, "es,en", languages=(), limit=2, seed=0)
    assert [item.language for item in items] == ["es", "es", "en", "en"]
    with pytest.raises(UserError, match="no items in the language 'en'"):
        read_benchmark(benchmark, "es", languages=("en",), limit=2, seed=0)


def test_a_repository_with_a_script_is_read_as_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mintaka"
    (folder / "de" / "test").mkdir(parents=True)
    pl.DataFrame([{"id": "a9011ddf"}]).write_parquet(folder / "de" / "test" / "0000.parquet")
    benchmark = msgspec.structs.replace(BENCHMARKS["mintaka"], repository=str(folder))
    load = datasets.load_dataset

    def refusing(*arguments: Any, **options: Any) -> Any:
        """What the library does where the main revision has only a script."""
        if "revision" not in options:
            raise RuntimeError("Dataset scripts are no longer supported, but found mintaka.py")
        return load(*arguments, **options)

    monkeypatch.setattr(datasets, "load_dataset", refusing)
    assert [row["id"] for row in hub_rows(benchmark, "de")] == ["a9011ddf"]


def test_without_the_hub_the_error_says_what_to_do(tmp_path: Path) -> None:
    code = """
from engine.items.reading import read_items
from engine.records.errors import UserError
try:
    read_items("xquad:es")
except UserError as error:
    print(error.status, error.message, error.hint)
"""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("1 The dataset google/xquad is not in the Hub's cache")
    assert "HF_HUB_OFFLINE is set" in run.stdout
    assert "--items xquad:FILE" in run.stdout


@pytest.mark.skipif(not DATA.is_dir(), reason="measuring data is not here")
def test_the_real_files() -> None:
    read = [read_items(f"xquad:{DATA}/xquad/xquad.{tag}.json") for tag in ("en", "es", "zh", "ar")]
    ids = [[item.id for item in items.items] for items in read]
    assert all(len(one) == 200 and one == ids[0] for one in ids)
    assert all(len(item.options) == 4 for items in read for item in items.items)
    mkqa = read_items(f"mkqa:{DATA}/mkqa_six_rows.jsonl")
    assert len({item.language for item in mkqa.items}) == 26
