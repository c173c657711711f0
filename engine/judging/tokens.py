"""Answers as tokens that can be compared: words, numbers, and characters where there are no spaces.

The normalisation of SQuAD (Rajpurkar et al. 2016) and MLQA (Lewis et al. 2020, with its mixed
segmentation): case, punctuation, articles and whitespace don't count. It differs from theirs where
theirs would join or lose words: punctuation parts words instead of gluing them ("Paris,France"),
abbreviations are one word ("U.S."), digit groups are one number, a decimal point and a minus sign
count, and an apostrophe is tried both ways ("Sana'a" is "Sanaa"; "Paris'tir" has the word Paris).
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import regex

from engine.judging.characters import Character, characters
from engine.judging.languages import articles, decimal_comma, grouped_by_space
from engine.records.languages import primary_language


class Level(Enum):
    """How much of a text counts: a gold answer uses the first level that leaves a token of it."""

    WORDS = "words"
    CASED = "words, with articles and case"
    PLAIN = "every visible character"


class Token(NamedTuple):
    """A token with the raw span of each of its characters."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def start(self) -> int:
        return self.starts[0]

    @property
    def end(self) -> int:
        return self.ends[-1]


class Stream(NamedTuple):
    """One reading of a text: tokens in order, articles left out.

    `words` are the tokens' texts; `with_articles` has the articles too.
    """

    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    with_articles: tuple[Token, ...]


_APOSTROPHES = "'’‘ʼʻ`´ʾʿ׳״＇"
_NO_BREAK_SPACES = "\u00a0\u202f\u2009\u2007"
_SELECTORS = "\ufe0e\ufe0f"
"""They select a plain or a coloured emoji; both are the same answer."""
_ARABIC_ARTICLE = "ال"

MOST_GROUPS = 100
"""A number has no more groups of digits: else a text of nothing but such groups would be searched
to its end from each of them."""

# The length mark and the closing mark belong to several scripts, so to none of these properties.
_KATAKANA = regex.compile(r"[\p{Katakana}ー]")
_KIND = regex.compile(
    r"(?P<_>[[\p{Z}\p{P}\p{S}\p{C}]--\p{Co}])"
    r"|(?P<C>[\p{Han}\p{Hiragana}\p{Katakana}ー〆\p{Bopomofo}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
    r"|(?P<H>\p{Hangul})"
    r"|(?P<M>\p{M})"
    r"|(?P<L>.)",
    regex.VERSION1 | regex.DOTALL,
)
"""The kind of a character as `_kinds` has them, M for any mark."""


@lru_cache(maxsize=256)
def streams(text: str, language: str, level: Level = Level.WORDS) -> tuple[Stream, ...]:
    """The readings of a text at one level: with apostrophes left out and, where that differs, with
    words parted at them."""
    if level is Level.PLAIN:
        visible = [
            Token(character.casefold(), (index,), (index + 1,))
            for index, character in enumerate(text)
            if character.isprintable() and not character.isspace() and character not in _SELECTORS
        ]
        return (_stream(visible, frozenset()),)
    folded = list(characters(text, casefold=level is Level.WORDS))
    kinds = _kinds(text, folded, decimal_comma(language))
    left_out = articles(language) if level is Level.WORDS else frozenset()
    pattern = _pattern(decimal_comma(language), grouped_by_space(language))
    without_prefix = level is Level.WORDS and primary_language(language) == "ar"
    joined: list[Token] = []
    parted: list[Token] = []
    for match in pattern.finditer(kinds):
        whole, apart = (
            ("D+", "D+") if match["parts"] else (".+", "[^A]+" if match["word"] else ".+")
        )
        for reading, part in ((joined, whole), (parted, apart)):
            for piece in re.finditer(part, match[0]):
                span = slice(match.start() + piece.start(), match.start() + piece.end())
                reading.append(_token(folded[span], kinds[span], without_prefix))
    readings = [_stream(joined, left_out)]
    if len(parted) != len(joined):
        readings.append(_stream(parted, left_out))
    return tuple(readings)


def is_katakana(character: str) -> bool:
    """Whether a character is katakana or its length mark."""
    return _KATAKANA.match(character) is not None


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script without spaces, where each is a token."""
    return _kind(character, True, "_") == "C"


def _stream(tokens: list[Token], left_out: frozenset[str]) -> Stream:
    kept = [token for token in tokens if token.text not in left_out]
    return Stream(tuple(kept), tuple(token.text for token in kept), tuple(tokens))


def _kinds(text: str, folded: list[Character], comma_is_decimal: bool) -> str:
    """One letter a character, on which the token pattern works.

    D digit, L letter or mark, H Hangul, C character of a script without spaces, M its continuation,
    A apostrophe, P decimal point, G group separator, S space, N no-break space, + plus or hash,
    "." full stop (besides being P or G), "-" minus, "_" whatever else parts words.
    """
    point, group = (",", ".") if comma_is_decimal else (".", ",")
    special = {point: "P", group: "G", "٫": "P", "٬": "N", "+": "+", "#": "+", "-": "-", "−": "-"}
    kinds: list[str] = []
    for character in folded:
        value = character.text
        if value.isascii() and value.isalpha():
            kinds.append("L")
        elif value.isascii() and value.isdecimal():
            kinds.append("D")
        elif value in special:
            kinds.append(special[value])
        elif value in _APOSTROPHES:
            kinds.append("A")
        elif value.isspace():
            kinds.append("N" if text[character.start] in _NO_BREAK_SPACES else "S")
        else:
            kinds.append(_kind(value, character.first, kinds[-1] if kinds else "_"))
    return "".join(kinds)


@lru_cache(maxsize=1 << 14)
def _kind(value: str, first: bool, previous: str) -> str:
    match = _KIND.match(value)
    kind = match.lastgroup if match else None
    if kind == "C":
        return "C" if first else "M"
    if kind == "M":
        return {"C": "M", "M": "M", "L": "L", "H": "L"}.get(previous, "_")
    return kind or "_"


@lru_cache(maxsize=4)
def _pattern(comma_is_decimal: bool, space_groups: bool) -> re.Pattern[str]:
    stop = "G" if comma_is_decimal else "P"
    separator = "[GANS]" if space_groups else "[GAN]"
    sign = r"(?:(?<![LDHCMA])-)?"
    decimals = r"(?:PD+(?![DL]))?"
    several_groups = r"D{1,3}(?P<either>[PG])D{3}(?:(?P=either)D{3})+"
    more = f"{{0,{MOST_GROUPS}}}"
    groups = rf"D{{1,3}}(?P<separator>{separator})(?:D{{2,3}}(?P=separator)){more}D{{3}}"
    return re.compile(
        rf"{sign}(?:{several_groups}|{groups})(?![DL]|[PG]D+[PG]D){decimals}(?![DL])"
        rf"|(?P<parts>D+(?:[PG]D+){{2,}})(?![DL])"
        rf"|{sign}D+(?![DL]){decimals}"
        rf"|(?<![DLH])L(?:{stop}L(?![LD]))+"
        rf"|(?<![DLH])L{{1,2}}\++(?![DLH])"
        rf"|CM*"
        rf"|(?P<word>[LHD]+(?:A[LHD]+)*)"
    )


def _token(folded: list[Character], kinds: str, without_article: bool) -> Token:
    """One token of these characters, separators inside it taken out."""
    decimal = "D" in kinds and "L" not in kinds and kinds.count("P") == 1
    pieces: list[Character] = []
    for character, kind in zip(folded, kinds, strict=True):
        if kind == "P" and decimal:
            pieces.append(character._replace(text="."))
        elif kind == "-":
            pieces.append(character._replace(text="-"))
        elif kind in "DLHCM+":
            pieces.append(character)
    text = "".join(piece.text for piece in pieces)
    starts = tuple(piece.start for piece in pieces)
    ends = tuple(piece.end for piece in pieces)
    skip = len(_ARABIC_ARTICLE)
    if without_article and text.startswith(_ARABIC_ARTICLE) and len(text) > skip + 1:
        return Token(text[skip:], (starts[0], *starts[skip + 1 :]), ends[skip:])
    return Token(text, starts, ends)
