"""Items files: what is read, and what a broken file is told."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.items.examples import one_shot_example
from engine.items.reading import read_items
from engine.records.errors import UserError
from engine.records.items import Item

LONG = "λ" * 5000

HOSTILE: list[dict[str, Any]] = [
    {
        "id": "markup",
        "language": "en",
        "question": "What closes [b]? [/b] [red]\x1b[31m",
        "gold": "[/b]",
        "aliases": ["[ /b ]", "a|b", 'say "so"'],
        "options": ["[/b]", "[b]", "\x1b[0m", "\ttab\nnewline"],
        "stem": "It is\n",
        "passage": "line one\r\nline two\u2028still line two",
        "kind": "markup",
    },
    {"id": "ar", "language": "ar", "question": "ما هي عاصمة مصر؟", "gold": "القاهرة"},
    {"id": "hi", "language": "hi", "question": "भारत की राजधानी क्या है?", "gold": "नई दिल्ली"},
    {"id": "th", "language": "th", "question": "เมืองหลวงของไทยคือเมืองอะไร", "gold": "กรุงเทพ"},
    {"id": "zh", "language": "zh-Hans", "question": "中国的首都是哪里？", "gold": "北京"},
    {"id": "long", "language": "el", "question": "λ?", "gold": LONG},
]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for row in rows:
            cells = {
                name: json.dumps(value) if isinstance(value, list) else value
                for name, value in row.items()
            }
            writer.writerow(cells)
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
    return path


def failure(source: Path | str, **arguments: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        read_items(str(source), **arguments)
    assert caught.value.status == 2
    assert caught.value.hint
    return caught.value


def test_three_formats_give_the_same_items(tmp_path: Path) -> None:
    read = [
        read_items(str(write_jsonl(tmp_path / "items.jsonl", HOSTILE))),
        read_items(str(write_csv(tmp_path / "items.csv", HOSTILE))),
        read_items(str(write_parquet(tmp_path / "items.parquet", HOSTILE))),
    ]
    assert read[0].items == read[1].items == read[2].items
    assert len({items.hash for items in read}) == 1
    assert read[0].licence is None


def test_a_list_in_a_cell_is_written_with_bars_or_as_json(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(
        "question,gold,aliases,options\n"
        "Capital of France?,Paris,Lutetia,Paris | Rome|Oslo Norway \n"
        'Which is a pipe?,|,bar,"[""|"", ""/""]"\n'
        "Which tag?,[b],[B] | bold,[b] | [i]\n"
        "How many legs?,8,eight | VIII,6 | 8\n"
        'Which pair?,"a, b",,"a, b | c, d"\n'
    )
    read = read_items(str(path)).items
    assert [item.options for item in read] == [
        ("Paris", "Rome", "Oslo Norway"),
        ("|", "/"),
        ("[b]", "[i]"),
        ("6", "8"),
        ("a, b", "c, d"),
    ]
    assert [item.aliases for item in read] == [
        ("Lutetia",),
        ("bar",),
        ("[B]", "bold"),
        ("eight", "VIII"),
        (),
    ]
    assert all(item.distractors is None for item in read)


def test_text_stays_raw(tmp_path: Path) -> None:
    items = read_items(str(write_jsonl(tmp_path / "items.jsonl", HOSTILE))).items
    first = items[0]
    assert first.question == HOSTILE[0]["question"]
    assert first.answers == ("[/b]", "[ /b ]", "a|b", 'say "so"')
    assert first.options == tuple(HOSTILE[0]["options"])
    assert first.passage == HOSTILE[0]["passage"]
    assert [item.gold for item in items[1:]] == [row["gold"] for row in HOSTILE[1:]]


def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    row = b'{"question": "q", "gold": "g"}'
    path.write_bytes(b"\xef\xbb\xbf\n" + row + b"\r\n  \n\n")
    items = read_items(str(path)).items
    assert [(item.language, item.question, item.gold) for item in items] == [("und", "q", "g")]
    path.write_bytes(b'\n\n{"question": "q"}\n')
    assert "row 3, field gold" in failure(path).message
    path.with_suffix(".csv").write_bytes(b"\xef\xbb\xbfquestion,gold\r\nq,g\r\n\r\n")
    assert read_items(str(path.with_suffix(".csv"))).items == items


def test_a_missing_id_comes_from_the_content(tmp_path: Path) -> None:
    rows = [{"question": "a", "gold": "1", "language": "en"}, {"question": "b", "gold": "2"}]
    one = read_items(str(write_jsonl(tmp_path / "one.jsonl", rows))).items
    two = read_items(str(write_jsonl(tmp_path / "two.jsonl", rows[::-1]))).items
    assert {item.id for item in one} == {item.id for item in two}
    assert len({item.id for item in one}) == 2


BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"gold": None}, "field gold", "gold answer"),
    ({"gold": " "}, "field gold", "gold answer"),
    ({"question": ""}, "field question", "question"),
    ({"options": ["a", "b"]}, "field options", "must equal"),
    ({"options": ["g"]}, "at least 2", "Add options"),
    ({"options": ["g", "b", "b"]}, "'b' appears more than once", "differ"),
    ({"options": ["g", "x"], "aliases": ["x"]}, "alias", "Only one"),
    ({"gold": 2017}, "field gold: expected text, got the number 2017", "quotes"),
    ({"options": "g"}, "field options: expected a list", "["),
    ({"aliases": ["ok", 5]}, "field aliases, entry 2: expected text", "text"),
    ({"answer": "g"}, "field answer: no such field", "The fields are"),
    ({"langauge": "en"}, "field langauge", "Did you mean 'language'?"),
]


@pytest.mark.parametrize(("change", "message", "hint"), BROKEN)
def test_a_broken_row_is_named(
    change: dict[str, Any], message: str, hint: str, tmp_path: Path
) -> None:
    good = {"id": "a", "question": "q", "gold": "g"}
    error = failure(write_jsonl(tmp_path / "items.jsonl", [good, {**good, "id": "b", **change}]))
    assert "items.jsonl row 2" in error.message
    assert message in error.message
    assert hint in error.hint


def test_an_id_used_twice_names_both_rows(tmp_path: Path) -> None:
    row = {"id": "a", "question": "q", "gold": "g"}
    rows = [row, {**row, "id": "b"}, row]
    error = failure(write_jsonl(tmp_path / "items.jsonl", rows))
    assert "row 3, field id: 'a' is also the id of row 1" in error.message
    no_id = [{"question": "q", "gold": "g"}] * 2
    assert "row 2, field question" in failure(write_jsonl(tmp_path / "n.jsonl", no_id)).message


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    row = b'{"question": "q", "gold": "g"}\n'
    path.write_bytes(row + b'{"question": "caf\xe9", "gold": "g"}\n')
    assert "row 2: not UTF-8 at byte 48 (0xe9)" in failure(path).message
    path.write_bytes(row + b'{"question": "q", "gold": \n')
    assert "row 2: invalid JSON" in failure(path).message
    path.write_bytes(row + b'["q", "g"]\n')
    assert "row 2: expected a JSON object" in failure(path).message
    for empty in (b"", b"\n \n", b"\xef\xbb\xbf"):
        path.write_bytes(empty)
        assert "no items" in failure(path).message
    assert "no such file" in failure(tmp_path / "absent.jsonl").message
    (tmp_path / "folder.csv").mkdir()
    assert "directory" in failure(tmp_path / "folder.csv").message


def test_a_broken_table_says_where(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text('question,gold\n"two\nlines",g\nq,g,extra\n')
    assert "row 3: expected 2 cells, got 3" in failure(path).message
    path.write_text('question,gold,options\nq,g,"[""g"", ""b""]"\nq2,g,"[""g"" | ""b""]"\n')
    error = failure(path)
    assert "row 3, field options: expected a list" in error.message
    assert "Paris | Rome" in error.hint
    path.write_text("question,gold,options\nq,g,g | | b\n")
    error = failure(path)
    assert "row 2, field options: entry 2 of the text 'g | | b' is empty" in error.message
    assert "JSON" in error.hint
    path.write_text('question,gold\nq,"g\n')
    assert "row 2: invalid CSV" in failure(path).message
    path.write_text("question,gold,gold\nq,g,g\n")
    assert "'gold' appears twice" in failure(path).message
    path.write_text("question,gold\n")
    assert "no items" in failure(path).message
    parquet = path.with_suffix(".parquet")
    parquet.write_bytes(b"PAR1 not really")
    assert "not a Parquet file" in failure(parquet).message
    pl.DataFrame({"question": ["q"], "gold": [1]}).write_parquet(parquet)
    assert "row 1, field gold: expected text, got the number 1" in failure(parquet).message


def test_unknown_sources_and_languages_say_what_there_is(tmp_path: Path) -> None:
    error = failure("captials")
    assert "capitals" in error.hint
    assert ".jsonl" in error.hint
    (tmp_path / "items.txt").write_text("x")
    assert "not an items file" in failure(tmp_path / "items.txt").message
    assert "en" in failure("capitals", languages=["xx"]).hint
    assert "--limit" in failure("capitals", limit=0).message


def test_languages_and_limit(tmp_path: Path) -> None:
    rows = [
        {"id": f"{tag}{number}", "language": tag, "question": f"{number}", "gold": f"g{number}"}
        for number in range(3)
        for tag in ("zh-Hans", "en", "zh-Hant")
    ]
    path = str(write_jsonl(tmp_path / "items.jsonl", rows))
    ids = [item.id for item in read_items(path, languages=["zh"], limit=2).items]
    assert ids == ["zh-Hans0", "zh-Hant0", "zh-Hans1", "zh-Hant1"]
    assert {item.language for item in read_items(path, languages=["zh-TW", "en"]).items} == {
        "zh-Hans",
        "zh-Hant",
        "en",
    }


def test_the_one_shot_example_has_another_answer() -> None:
    def item(identifier: str, gold: str, language: str = "en", kind: str = "capital") -> Item:
        return Item(id=identifier, language=language, question="?", gold=gold, kind=kind)

    asked = item("a", "Paris")
    items = [
        asked,
        item("b", "paris."),
        item("c", "Rom", language="de"),
        item("d", "euro", kind="currency"),
        item("e", "Rome"),
        item("f", "Oslo"),
    ]
    example = one_shot_example(asked, items)
    assert example is not None
    assert example.id == "e"
    assert one_shot_example(asked, items[:4]) is None
