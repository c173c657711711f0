"""Large type: letters as pictures, as large as they fit, and what has no pictures."""

from __future__ import annotations

import string

import pytest
from rich.cells import cell_len

from engine.text import displayable
from tui.drawing.glyphs import HEAD_ROWS, PICTURES, ROWS, picture
from tui.drawing.large import large


def test_every_letter_and_digit_is_drawn_and_looks_like_no_other() -> None:
    assert set(string.ascii_letters + string.digits + "✓✗→…") <= PICTURES.keys()
    for character, rows in PICTURES.items():
        assert len(rows) == ROWS, character
        assert {len(row) for row in rows} == {len(rows[0])}, character
        assert set("".join(rows)) <= {"#", "."}, character
    assert len(set(PICTURES.values())) == len(PICTURES)


def test_an_accent_stands_over_its_letter_and_takes_the_dot_of_an_i() -> None:
    plain, accented = picture("e"), picture("e", "\u0301")
    assert plain is not None
    assert accented is not None
    assert accented[HEAD_ROWS + 2 :] == plain[HEAD_ROWS + 2 :]
    assert accented != plain
    dotless = picture("ı")
    assert dotless is not None
    accented = picture("i", "\u0301")
    assert accented is not None
    body = slice(HEAD_ROWS + 2, None)
    assert [row.strip(".") for row in accented[body]] == [row.strip(".") for row in dotless[body]]


def test_text_is_as_large_as_there_is_room() -> None:
    small, larger, largest = (large("Oslo", *size) for size in ((40, 6), (60, 10), (120, 20)))
    assert all(one.drawn and not one.cut for one in (small, larger, largest))
    assert len(small.lines) < len(larger.lines) < len(largest.lines)
    assert all(cell_len(line) <= 120 for line in largest.lines)


@pytest.mark.parametrize("size", [(76, 13), (40, 5), (20, 4), (116, 30)])
def test_what_is_too_long_is_cut_and_stays_within_its_room(size: tuple[int, int]) -> None:
    found = large("the capital of China is " * 40, *size)
    assert found.cut
    assert found.lines
    assert len(found.lines) <= size[1]
    assert all(cell_len(line) <= size[0] for line in found.lines)


def test_a_word_wider_than_the_screen_is_broken() -> None:
    found = large("Thiruvananthapuram", 60, 12)
    assert found.drawn
    assert not found.cut
    assert all(cell_len(line) <= 60 for line in found.lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("北京", "北 京"),
        ("Москва", "М о с к в а"),
        ("القاهرة", "القاهرة"),
        ("नई दिल्ली", "नई दिल्ली"),
        ("กรุงเทพ", "กรุงเทพ"),
        (displayable("\x1b[2J"), "␛ [ 2 J"),
    ],
)
def test_a_script_without_pictures_is_text_between_rules(text: str, shown: str) -> None:
    found = large(text, 40, 8)
    assert not found.drawn
    assert shown in found.lines[1]
    assert set(found.lines[0]) == {"━"}
    assert all(cell_len(line) <= 40 for line in found.lines)


def test_long_text_without_pictures_is_cut_between_its_rules() -> None:
    found = large("東" * 400, 40, 6)
    assert found.cut
    assert len(found.lines) <= 6
    assert found.lines[-2].rstrip().endswith("…")
    assert all(cell_len(line) <= 40 for line in found.lines)
