"""Text in large type: letters made of half blocks, or bold ones where a script has no pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from engine.text import ELLIPSIS, graphemes, truncated
from tui.drawing.glyphs import HEAD_ROWS, ROWS, Picture, picture
from tui.drawing.lines import wrap

LONGEST = 500
"""Characters that are laid out; no screen has room for more."""
LARGEST = 3
"""Times a letter's pixels are doubled in either direction at most."""
LETTER_GAP, WORD_GAP, LINE_GAP = 1, 3, 2
"""Pixels between letters, words and lines."""
BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
SPACED = ("LATIN", "GREEK", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "ARMENIAN")
"""Scripts whose characters may stand apart."""

Word = tuple[Picture, ...]


class Large(NamedTuple):
    """Text that was laid out.

    Attributes:
        lines: of at most as many cells as there was room.
        cut: whether its end is missing.
        drawn: whether it is made of blocks, not of bold characters.
    """

    lines: tuple[str, ...]
    cut: bool
    drawn: bool


def large(text: str, width: int, height: int) -> Large:
    """Displayable text in `width` × `height` cells, as large as it fits.

    Where it doesn't fit at the smallest size its end is cut.
    """
    width, height = max(width, 8), max(height, 1)
    text = text[:LONGEST]
    words = _drawn_words(text)
    if words is None or height < (ROWS + 1) // 2:
        return _bold(text, width, height)
    for scale in range(LARGEST, 0, -1):
        rows = _laid_out(words, width // scale, scale > 1)
        if rows is not None and _cells_high(rows, scale) <= height:
            return Large(_blocks(rows, scale), False, True)
    return _cut(words, width, height)


def _cut(words: Sequence[Word], width: int, height: int) -> Large:
    """As much of the beginning as fits at the smallest size, with an ellipsis."""
    dots = picture(ELLIPSIS)
    assert dots is not None
    letters = [(number, letter) for number, word in enumerate(words) for letter in word]
    low, high = 0, len(letters)
    best: tuple[str, ...] = ()
    while low < high:
        middle = (low + high + 1) // 2
        kept: dict[int, Word] = {}
        for number, letter in letters[:middle]:
            kept[number] = (*kept.get(number, ()), letter)
        shown = list(kept.values())
        rows = _laid_out([*shown[:-1], (*shown[-1], dots)], width, False)
        if rows is not None and _cells_high(rows, 1) <= height:
            low, best = middle, _blocks(rows, 1)
        else:
            high = middle - 1
    return Large(best, True, True)


def _drawn_words(text: str) -> list[Word] | None:
    """The pictures of each word; None where a character has none."""
    words = []
    for word in text.split():
        letters = []
        for letter, accents in _letters(word):
            drawn = picture(letter, accents)
            if drawn is None:
                return None
            letters.append(drawn)
        words.append(tuple(letters))
    return words or None


def _letters(word: str) -> Iterator[tuple[str, str]]:
    """Each character with the accents that stand on it."""
    letter, accents = "", ""
    for character in unicodedata.normalize("NFD", word):
        if letter and unicodedata.combining(character):
            accents += character
            continue
        if letter:
            yield letter, accents
        letter, accents = character, ""
    if letter:
        yield letter, accents


def _laid_out(words: Sequence[Word], width: int, whole: bool) -> list[list[str]] | None:
    """Lines of rows of pixels, at most `width` pixels wide.

    None where a word is wider than a line and must stay `whole`; else it is broken.
    """
    lines: list[list[str]] = []
    for word in words:
        parts = [word] if _word_width(word) <= width else _broken(word, width)
        if whole and len(parts) > 1:
            return None
        for part in parts:
            rows = _joined(part)
            if lines and part is parts[0] and len(lines[-1][0]) + WORD_GAP + len(rows[0]) <= width:
                gap = "." * WORD_GAP
                lines[-1] = [
                    before + gap + row for before, row in zip(lines[-1], rows, strict=True)
                ]
            else:
                lines.append(rows)
    return [_trimmed(rows) for rows in lines]


def _broken(word: Word, width: int) -> list[Word]:
    parts: list[Word] = [()]
    for letter in word:
        if parts[-1] and _word_width((*parts[-1], letter)) > width:
            parts.append(())
        parts[-1] = (*parts[-1], letter)
    return parts


def _word_width(word: Word) -> int:
    return sum(len(letter[0]) for letter in word) + LETTER_GAP * (len(word) - 1)


def _joined(word: Word) -> list[str]:
    gap = "." * LETTER_GAP
    return [gap.join(letter[row] for letter in word) for row in range(HEAD_ROWS + ROWS)]


def _trimmed(rows: list[str]) -> list[str]:
    """Without the pairs of rows for accents that nothing needs."""
    first = min((n for n, row in enumerate(rows) if "#" in row), default=HEAD_ROWS)
    return rows[min(first, HEAD_ROWS) // 2 * 2 :]


def _cells_high(lines: Sequence[Sequence[str]], scale: int) -> int:
    pixels = sum(len(rows) for rows in lines) + LINE_GAP * (len(lines) - 1)
    return (pixels * scale + 1) // 2


def _blocks(lines: Sequence[Sequence[str]], scale: int) -> tuple[str, ...]:
    """The pixels, each `scale` times as wide and as high, as half blocks."""
    pixels: list[str] = []
    for rows in lines:
        if pixels:
            pixels += [""] * (LINE_GAP * scale)
        for row in rows:
            pixels += ["".join(pixel * scale for pixel in row)] * scale
    pixels += [""] * (len(pixels) % 2)
    return tuple(
        _half_blocks(upper, lower) for upper, lower in zip(pixels[::2], pixels[1::2], strict=True)
    )


def _half_blocks(upper: str, lower: str) -> str:
    width = max(len(upper), len(lower))
    pairs = zip(upper.ljust(width, "."), lower.ljust(width, "."), strict=True)
    return "".join(BLOCKS[above == "#", below == "#"] for above, below in pairs).rstrip()


def _bold(text: str, width: int, height: int) -> Large:
    """The text itself between two rules, its characters apart where the script lets them."""
    shown = _apart(text)
    if cell_len(shown) > width:
        shown = text
    ruled = height >= 3
    room = height - 2 if ruled else height
    lines = ["".join(piece for piece, _ in line) for line in wrap([(shown, "")], width)]
    cut = len(lines) > room
    if cut:
        last = truncated(lines[room - 1], width - 1) + ELLIPSIS
        lines = [*lines[: room - 1], last]
    rule = "━" * min(max(map(cell_len, lines)), width)
    return Large((rule, *lines, rule) if ruled else tuple(lines), cut, False)


def _apart(text: str) -> str:
    names = (unicodedata.name(one, "") for one in text if one.isalpha())
    if not all(name.startswith(SPACED) for name in names):
        return text
    return " ".join(text[start:end] for start, end, _ in graphemes(text))
