"""Hostile and many-scripted text on a terminal: nothing acts, nothing hides, cells are exact."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from rich.cells import cell_len

from engine.analysis.frame import run_frame
from engine.reports.html import to_html
from engine.reports.markdown import to_markdown
from engine.text import (
    displayable,
    fit,
    isolated,
    paragraphs,
    reserved,
    room_for,
    token_text,
)
from tests.inspector_fixtures import CAPITALS, HOSTILE
from tests.runs_helpers import make_item, make_run, make_score, scored_item
from tui.drawing.anchors import anchored
from tui.drawing.lines import width_of, wrap

TEXTS = [
    *(text for pair in HOSTILE for text in pair),
    *(text for row in CAPITALS for text in row[1:]),
    "lone \ud83d surrogate \udc00",
    "a\u200db\u200c \u200d c\ufe0f",
    "क्\u200dष family 👨‍👩‍👧 ⚠️ 🇫🇷",
    "\u0301 begins with an accent",
    "\x7f\x80\x9b31m\u2028\u2029\ufff9\U000e0041",
    "",
    " ",
]


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = displayable(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\ufeff]", shown)
    shown.encode()


def test_what_was_hidden_can_be_read() -> None:
    assert displayable("a\tb\nc\x1b[31m\x7f") == "a␉b⏎c␛[31m␡"
    assert displayable("\u202eabc\u202c") == "⟨RLO⟩abc⟨PDF⟩"
    assert displayable("\x9b2J") == "⟨9B⟩2J"
    assert displayable("a\u200bb\ufeff\ud83d") == "a⟨ZWSP⟩b⟨BOM⟩⟨D83D⟩"
    assert displayable("e" + "\u0301" * 30) == "e⟨30 marks⟩"
    assert displayable("[/b][red]x") == "[/b][red]x"
    assert paragraphs("one\r\ntwo\n") == "one⏎\ntwo⏎\n"


def test_joiners_stay_where_a_script_needs_them() -> None:
    for text in ("क्\u200dष", "می\u200cخواهم", "👨‍👩‍👧", "⚠️", "नई दिल्ली", "กรุงเทพมหานคร"):
        assert displayable(text) == text
    assert displayable("pay\u200dpal") == "pay⟨ZWJ⟩pal"


def test_tokens_show_their_leading_space() -> None:
    assert token_text(" Paris") == "␣Paris"
    assert token_text("\n") == "⏎"
    assert token_text("") == "∅"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", [1, 2, 3, 7, 12, 40])
def test_cut_text_has_exactly_its_cells(text: str, width: int) -> None:
    for shown in (
        fit(displayable(text), width),
        fit(displayable(text), width, elide="middle"),
        fit(displayable(text), width, elide="start"),
        fit(displayable(text), width, align="right"),
        isolated(fit(displayable(text), width)),
    ):
        assert cell_len(shown) == width


def test_no_grapheme_is_cut_in_two() -> None:
    text = "नई दिल्ली"
    for width in range(2, 6):
        head = fit(text, width).rstrip().removesuffix("…")
        following = text[len(head)]
        assert unicodedata.category(following) not in ("Mn", "Mc")


def test_a_long_text_is_cut_quickly() -> None:
    text = "가나다라 " * 200_000
    start = time.perf_counter()
    for _ in range(200):
        fit(text[:1000], 20)
        fit(text, 20, elide="middle")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", [4, 11, 37])
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap([("> ", "dim"), (paragraphs(text), "")], width, indent=2)
    assert all(width_of(line) <= width for line in lines)
    joined = "".join(text for line in lines for text, _ in line)
    strip = str.maketrans("", "", " \n\u200e")
    assert joined.translate(strip) == ("> " + paragraphs(text)).translate(strip)


def test_arabic_in_a_line_is_fenced_off_from_its_neighbours() -> None:
    assert isolated("القاهرة") == "\u200eالقاهرة\u200e"
    assert isolated("Cairo") == "Cairo"


def test_output_returns_to_its_column_after_disputed_characters() -> None:
    assert anchored("\x1b[3;5Hplain ascii") == "\x1b[3;5Hplain ascii"
    line = "\x1b[3;5H\x1b[1mabc\x1b[0mनई दिल्ली  \x1b[31mx"
    expected = "\x1b[3;5H\x1b[1mabc\x1b[0m\x1b[?7l\x1b[8Xनई दिल्ली  \x1b[?7h\x1b[16G\x1b[31mx"
    assert anchored(line) == expected


def test_vowel_signs_get_the_cells_that_some_terminals_give_them() -> None:
    assert cell_len("नई दिल्ली") == 6
    assert room_for("नई दिल्ली") == 8
    assert cell_len(reserved("नई दिल्ली")) == 8
    assert room_for("กรุงเทพมหานคร") == cell_len("กรุงเทพมหานคร")
    line = wrap([("नई दिल्ली", "gold"), ("x", "")], 9)
    assert [width_of(one) for one in line] == [9]


@pytest.mark.parametrize("hidden", ["\u061c", "\u200f", "\u00ad", "\U000e0041", "\u202e"])
def test_what_is_hidden_on_screen_is_hidden_in_no_report(hidden: str) -> None:
    item = make_item("hidden", f"Par{hidden}is")
    run = make_run([scored_item(item, make_score(item, item.gold), make_score(item, "Rome"))])
    frame = run_frame(run)
    written = (to_markdown(run, frame), to_html(run, frame))
    for report in written:
        assert hidden not in report.decode()
    assert displayable(item.gold) in written[1].decode()
