"""Exports hold what the run holds, byte for byte the same each time."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.analysis.frame import SCHEMA, run_frame
from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.records.errors import UserError
from engine.records.scores import Score, ScoredItem
from engine.reports.export import export
from engine.runs.log import RunLog
from engine.runs.reading import Run, read_run
from tests.runs_helpers import (
    make_item,
    make_manifest,
    make_redecode,
    make_run,
    make_score,
    one_of_each,
    scored_item,
)

HOSTILE = '=1+1,"[/b]" \x1b[31m\ttab\r\n\rCR\u2028 الرياض दिल्ली ไทย 北京 🎉 </script>'


def hostile_run() -> Run:
    item = make_item("hostile", HOSTILE, "ar", question=HOSTILE, options=())
    absent = make_item("absent")
    scored: list[ScoredItem] = [
        *one_of_each(),
        scored_item(item, make_score(item, HOSTILE), make_score(item, "x" * 5000)),
        scored_item(absent, Score(), Score()),
    ]
    return make_run(scored, make_redecode(scored[1].item, Beam(), HOSTILE, "Paris"))


FORMATS = [".parquet", ".csv", ".jsonl", ".md", ".html"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_run_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    first, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix.upper()}"
    assert export(hostile_run(), first) == export(hostile_run(), again) == 7
    assert first.read_bytes() == again.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, again.name]


def test_parquet_is_the_table(tmp_path: Path) -> None:
    export(hostile_run(), tmp_path / "run.parquet")
    assert pl.read_parquet(tmp_path / "run.parquet").equals(run_frame(hostile_run()))


def test_raw_csv_keeps_raw_text_and_leaves_absent_cells_empty(tmp_path: Path) -> None:
    export(hostile_run(), tmp_path / "run.csv", raw=True)
    text = (tmp_path / "run.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == list(SCHEMA)
    assert rows[5]["question"] == rows[5]["dense_answer"] == HOSTILE
    assert rows[5]["pruned_choice_correct"] == ""
    assert rows[6]["pruned_answer"] == ""
    assert rows[6]["pruned_gold_rank"] == ""
    assert rows[1]["outcome"] == "recognition-only"
    again = pl.read_csv(tmp_path / "run.csv", schema=SCHEMA)
    assert again.equals(run_frame(hostile_run()))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "'\r\n=1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"),
        ("+3,5 %", "+3,5 %"),
        ("1+1", "1+1"),
        ("a\x1b[31mb\x9b2J\x7f\x00\rc", "a␛[31mb⟨9B⟩2J␡␀␍c"),
        ("one\r\ntwo\tthree", "one\r\ntwo\tthree"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_csv_runs_in_no_spreadsheet_and_acts_on_no_terminal(
    tmp_path: Path, text: str, cell: str
) -> None:
    item = make_item("x", question=text)
    run = make_run([scored_item(item, make_score(item, text), make_score(item, "Rome"))])
    for long in (False, True):
        export(run, tmp_path / "run.csv", long=long)
        (row, *_) = csv.DictReader((tmp_path / "run.csv").open(encoding="utf-8", newline=""))
        assert row["question"] == cell
        assert row["answer" if long else "dense_answer"] == cell


def test_jsonl_adds_the_nested_detail(tmp_path: Path) -> None:
    run = hostile_run()
    export(run, tmp_path / "run.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().split(b"\n")[:-1]]
    assert list(rows[1])[: len(SCHEMA)] == list(SCHEMA)
    assert rows[1]["redecodes"][0]["hypotheses"][1]["text"] == "Paris"
    assert rows[1]["recovered_by_beam"] == 2
    assert rows[1]["item"]["gold"] == "Paris"
    assert rows[1]["scores"]["dense"]["choice"]["options"][0][0] == "Paris"
    assert rows[5]["question"] == HOSTILE
    assert rows[6]["pruned_gold_rank"] is None


def test_markdown_shows_hostile_text_as_text(tmp_path: Path) -> None:
    export(hostile_run(), tmp_path / "run.md")
    text = (tmp_path / "run.md").read_bytes().decode()
    assert text.startswith("# smollm2 on items.jsonl: 7 items\n")
    assert "## dense → wanda 45 %" in text
    rows = text[text.index("## 7 items") :].splitlines()[2:]
    # Every row has its nine cells, whatever stands in them.
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [10] * 9
    hostile = next(row for row in rows if "الرياض" in row)
    assert "\\[/b\\]" in hostile
    assert "␛\\[31m␉tab␍␊␍CR⏎" in hostile
    assert "\\</script\\>" in hostile
    assert "… (5,000 characters)" in hostile
    assert "| – | – | – | – → – | – → – | – → – |" in rows[-1]


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(path.read_bytes().decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_needs_nothing_from_outside_and_runs_nothing_but_its_own(tmp_path: Path) -> None:
    export(hostile_run(), tmp_path / "run.html")
    page = Page(tmp_path / "run.html")
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == names.count("style") == 1
    assert not {"img", "link", "iframe", "object", "base", "form"} & set(names)
    attributes = [attribute for _, found in page.tags for attribute in found]
    assert not {name for name in attributes if name.startswith("on")} | {"src", "href"} & set(
        attributes
    )
    policy = next(
        found["content"] for tag, found in page.tags if tag == "meta" and "content" in found
    )
    script = re.search(r"<script>(.*)</script>", (tmp_path / "run.html").read_text("utf-8"), re.S)
    assert policy is not None
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_html_has_every_item_with_its_direction_and_the_gold_answer_marked(tmp_path: Path) -> None:
    export(hostile_run(), tmp_path / "run.html", filter_text="-outcome:kept")
    page = Page(tmp_path / "run.html")
    outcomes = [found["data-outcome"] for tag, found in page.tags if "data-outcome" in found]
    assert outcomes == ["recognition-only", "lost", "gained", "never", "lost", ""]
    cells = [found for tag, found in page.tags if tag == "td"]
    assert all(cell.get("dir") == "auto" for cell in cells)
    assert ("mark", {}) in page.tags
    text = "".join(page.texts)
    assert "6 of 7 items" in text
    assert '"[/b]" ␛[31m␉tab␍\n␍CR⏎ الرياض दिल्ली ไทย 北京 🎉 </script>' in text


def test_a_filter_and_a_variant_choose_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    assert export(hostile_run(), path, variant="pruned", filter_text="outcome:kept,gained") == 2
    assert pl.read_csv(path)["item_id"].to_list() == ["kept", "gained"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("run.xls", {}, "doesn't say the format"),
        ("run", {}, "doesn't say the format"),
        ("run.csv", {"filter_text": "foo>1"}, "not a column"),
        ("run.csv", {"variant": "wanda:0.9"}, "has no variant 'wanda:0.9'"),
        ("missing/run.csv", {}, "can't be written: No such file or directory"),
    ],
)
def test_what_can_not_be_exported_leaves_nothing_behind(
    tmp_path: Path, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        export(hostile_run(), tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_and_resumed_run_exports_the_same_bytes(tmp_path: Path) -> None:
    scored = one_of_each()
    items = [one.item for one in scored]
    redecodes = [make_redecode(items[1], decoding, "Paris") for decoding in (Beam(), Sample())]
    with RunLog.open(tmp_path / "whole", make_manifest(items), items) as log:
        log.append_scored(scored)
        for redecode in redecodes:
            log.append_redecode(redecode)
    with RunLog.open(tmp_path / "killed", make_manifest(items), items) as log:
        log.append_scored(scored[2:4])
        log.append_redecode(redecodes[1])
    with (tmp_path / "killed" / "log.jsonl").open("ab") as file:
        file.write(b'{"record":"scored","sco')
    with RunLog.open(tmp_path / "killed", make_manifest(items), items) as log:
        log.append_redecode(redecodes[0])
        log.append_scored(log_missing := [one for one in scored if one.item.id not in log.scored])
        assert len(log_missing) == 3
    for suffix in FORMATS:
        for name in ("whole", "killed"):
            export(read_run(tmp_path / name), tmp_path / f"{name}{suffix}")
        exported = [(tmp_path / f"{name}{suffix}").read_bytes() for name in ("whole", "killed")]
        assert exported[0] == exported[1]


def test_the_template_engine_is_loaded_for_html_only() -> None:
    program = "import sys, engine.reports.export; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
