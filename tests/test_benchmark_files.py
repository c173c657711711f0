"""Benchmarks' own files: their formats, languages, subsets, and how they are named."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from engine.items.reading import read_items
from engine.records.errors import UserError
from tests.benchmark_rows import GLOBAL_MMLU_ROW, MINTAKA_ROW, MKQA_ROW, MMMLU_ROW

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"


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
    with pytest.raises(UserError, match="-es appears more than once"):
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


@pytest.mark.skipif(not DATA.is_dir(), reason="measuring data is not here")
def test_the_real_files() -> None:
    read = [read_items(f"xquad:{DATA}/xquad/xquad.{tag}.json") for tag in ("en", "es", "zh", "ar")]
    ids = [[item.id for item in items.items] for items in read]
    assert all(len(one) == 200 and one == ids[0] for one in ids)
    assert all(len(item.options) == 4 for items in read for item in items.items)
    mkqa = read_items(f"mkqa:{DATA}/mkqa_six_rows.jsonl")
    assert len({item.language for item in mkqa.items}) == 26
