"""Hostile text of every kind, on every way out: nothing acts, and nothing hides."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from rich.cells import cell_len

from engine.analysis.frame import run_frame
from engine.reports.export import export
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.reading import Run
from engine.text import (
    displayable,
    fit,
    harmless,
    is_unicode,
    isolated,
    paragraphs,
    token_text,
)
from tests.harness.hostile import texts
from tests.runs_helpers import make_item, make_run, make_score, scored_item
from tests.test_table import row
from tui.commands.talk import Talk
from tui.drawing.layout import layout
from tui.drawing.lines import Line, one_line, width_of, wrap
from tui.drawing.score_lines import pair_lines, question_lines
from tui.drawing.xray_lines import xray_lines
from tui.state.rows import plain_text

often = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
seldom = settings(often, max_examples=40)

MEGABYTE = 1 << 20
LONG = (
    "word ",
    "[/b]",
    "\x1b[31m",
    "\n",
    "\u202e",
    "\u200b",
    "e" + "\u0301" * 40,
    "\u0301\u0316",
    "\U000e0041\U000e007f",
    "नई दिल्ली",
    "👨‍👩‍👧🇫🇷⚠️",
    "\ud800",
)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\u200f\u061c\u200b\ufeff\U000e0000-\U000e007f]")


def acting(text: str) -> list[str]:
    """The characters that would act on a terminal, or hide in it."""
    kinds = ("Cc", "Cs", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in kinds] + _TURNS.findall(text)


def drawn(lines: list[Line]) -> str:
    return "".join(text for line in lines for text, _ in line)


@often
@given(texts(halves=True))
def test_nothing_that_is_displayed_acts(text: str) -> None:
    shown = (displayable(text), token_text(text), *paragraphs(text).split("\n"))
    for one in shown:
        assert not acting(one)
        one.encode()
    for width in (1, 7, 30):
        cut = isolated(fit(displayable(text), width))
        assert cell_len(cut) == width
        assert width_of(one_line([(displayable(text), "")], width)) <= width


@seldom
@given(texts())
def test_no_cell_line_or_pane_acts_or_is_too_wide(text: str) -> None:
    one = row(text)
    found = layout(118)
    for column, cells in zip(found.columns, found.widths, strict=True):
        pieces = column.draw(one, cells)
        assert sum(cell_len(piece) for piece, _ in pieces) <= cells
        assert not acting(drawn([pieces]))
    left, right = pair_lines(one.reference, one.variant, 76, roomy=True)
    lines = [*question_lines(one.scored, 76, 2), *left, *right]
    lines += xray_lines(one, ("dense", "wanda 45 %"), 76)
    assert all(width_of(line) <= 76 for line in lines)
    assert not acting(drawn(lines))


@seldom
@given(texts())
def test_what_is_pasted_acts_in_no_shell(text: str) -> None:
    copied = plain_text(row(text), "dense", text)
    assert not set(acting(copied)) & {
        chr(code) for code in range(0xA0) if chr(code) not in "\t\n\r"
    }
    assert "\r" not in copied.replace("\r\n", "")
    copied.encode()


@often
@given(texts(halves=True))
def test_harmless_text_is_the_same_but_for_control_characters(text: str) -> None:
    shown = harmless(text)
    assert is_unicode(shown)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)
    if text.isprintable():
        assert shown == text


@seldom
@given(texts(halves=True))
def test_what_commands_say_stays_in_its_line(text: str) -> None:
    stream = io.StringIO()
    talk = Talk(stream)
    talk.say(text)
    talk.progress("stage", text)
    assert stream.getvalue().count("\n") == 2
    assert not acting(stream.getvalue().replace("\n", ""))


def hostile_run(text: str) -> Run:
    item = make_item("x", f"{text}.", question=f"{text}?", passage=text, aliases=(text or "a",))
    dense, pruned = make_score(item, text), make_score(item, f"x{text}")
    return make_run([scored_item(item, dense, pruned)])


@seldom
@given(texts())
def test_every_export_is_well_formed_and_acts_nowhere(text: str) -> None:
    run = hostile_run(text)
    # One directory for all cases: each file is written whole.
    directory = Path(_directory)
    for suffix in (".csv", ".md", ".html", ".jsonl", ".parquet"):
        assert export(run, directory / f"run{suffix}") == 1
    for name in ("run.md", "run.html"):
        for line in (directory / name).read_bytes().decode().split("\n"):
            assert not acting(line), name
    (cells,) = csv.DictReader((directory / "run.csv").open(encoding="utf-8", newline=""))
    controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
    for cell in cells.values():
        assert not controls.search(cell)
        assert not re.match(r"\s*[=@＝＋－＠]|\s*[+-](?!\d+\b)", cell), cell
    lines = (directory / "run.jsonl").read_bytes().split(b"\n")
    assert json.loads(lines[0])["item"]["passage"] == text
    assert pl.read_parquet(directory / "run.parquet").equals(run_frame(run))
    assert not acting(render_text(full_summary(run)).replace("\n", ""))


_directory = ""


@pytest.fixture(autouse=True, scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    global _directory  # noqa: PLW0603  # a fixture of a test is not made anew for each case
    _directory = str(tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("part", LONG, ids=ascii)
def test_a_megabyte_in_one_line_is_drawn_like_any_other(part: str) -> None:
    text = part * (MEGABYTE // len(part.encode("utf-8", "surrogatepass")))
    shown = displayable(text)
    assert not acting(shown[:10_000])
    for width in (20, 120):
        for elide in ("end", "middle", "start"):
            assert cell_len(fit(shown, width, elide=elide)) == width
    assert all(width_of(line) <= 80 for line in wrap([(paragraphs(text), "")], 80))


def test_a_long_answer_is_judged_in_time_that_grows_with_its_length() -> None:
    for text in ("a b " * 20_000, "\u0301\u0316" * 50_000, "ab" * 50_000):
        item = make_item("x", "Paris", question=text[:1000])
        answer = make_score(item, text)
        assert answer.open is not None
        assert not answer.open.judgement.correct
        scored_item(item, answer, answer)
