"""Text folded character by character; each character keeps its span in the raw text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import regex

from engine.text import normalize

_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Latin letters with a stroke, and ligatures: no Unicode normal form decomposes them."""

_ALEF = "\u0627"
_HAMZA_AND_MADDA = "\u0653\u0654\u0655"
_TATWEEL = "\u0640"
_STRESS = "\u0300\u0301"
_DIAERESIS = "\u0308"
_HALF_WIDTH_SOUND_MARKS = "\uff9e\uff9f"
_SUBSCRIPT_FOLLOWS = "\u17d2\u1039"
"""Khmer coeng and Burmese virama: the consonant after them belongs to the cluster before."""

_SCRIPT_WITH_OPTIONAL_MARKS = regex.compile(
    r"(?P<latin>\p{Latin})|(?P<greek>\p{Greek})|(?P<cyrillic>\p{Cyrillic})"
    r"|(?P<arabic>\p{Arabic})|(?P<hebrew>\p{Hebrew})"
)
_ALWAYS_DROPPED = regex.compile(r"\p{Variation_Selector}|\p{Me}")


class Character(NamedTuple):
    """One folded character and its code point span in the raw text.

    `first` is False for all but the first folded character of a cluster.
    """

    text: str
    start: int
    end: int
    first: bool


def characters(text: str, *, casefold: bool = True, accents: bool = False) -> Iterator[Character]:
    """Fold `text`: NFKC, case, digits of any script to ASCII, marks that writers leave out.

    Dropped: accents on Latin and Greek letters (kept with `accents`), Russian stress marks and the
    dots of ё (kept likewise), Arabic and Hebrew vowel signs, the hamza or madda on an alef,
    tatweel, variation selectors, enclosing marks, and invisible format characters. Kept: whatever
    distinguishes words elsewhere, such as Cyrillic й, Indic vowel signs and nukta, Japanese
    voicing marks, Thai tone marks.
    """
    for start, end in _clusters(text):
        folded = _fold(text[start:end], casefold, accents)
        for index, character in enumerate(folded):
            yield Character(character, start, end, index == 0)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a base character with what combines with it, Thai and Lao vowels included."""
    start, length = 0, len(text)
    while start < length:
        end = start + 1
        while end < length and (text[end] > "\u02ff") and _continues(text[end - 1], text[end]):
            end += 1
        yield start, end
        start = end


def _continues(previous: str, character: str) -> bool:
    if previous in _SUBSCRIPT_FOLLOWS or _is_leading_vowel(previous):
        return character.isalpha()
    return (
        unicodedata.category(character).startswith("M")
        or _is_following_vowel(character)
        or character in _HALF_WIDTH_SOUND_MARKS
        or "\u1160" <= character <= "\u11ff"
    )


def _is_leading_vowel(character: str) -> bool:
    return "\u0e40" <= character <= "\u0e44" or "\u0ec0" <= character <= "\u0ec4"


def _is_following_vowel(character: str) -> bool:
    return character in "\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3"


@lru_cache(maxsize=1 << 16)
def _fold(cluster: str, casefold: bool, accents: bool) -> str:
    folded = normalize("NFKD", cluster)
    if casefold:
        folded = normalize("NFKD", folded.casefold())
    kept: list[str] = []
    base = ""
    for character in folded:
        category = unicodedata.category(character)
        if category == "Cf" or character == _TATWEEL:
            continue
        if category.startswith("M"):
            if not _dropped(character, base, accents):
                kept.append(character)
            continue
        base = character
        kept.append(str(unicodedata.decimal(character, character)))
    result = normalize("NFC", "".join(kept))
    return result if accents else result.translate(_LETTERS)


def _dropped(mark: str, base: str, accents: bool) -> bool:
    """Whether a mark doesn't count on its base, which is empty where the text begins with it."""
    if _ALWAYS_DROPPED.match(mark):
        return True
    script = _SCRIPT_WITH_OPTIONAL_MARKS.match(base)
    match script and script.lastgroup:
        case "latin" | "greek":
            return not accents
        case "cyrillic":
            return not accents and (mark in _STRESS or (mark == _DIAERESIS and base in "еЕ"))
        case "arabic":
            return mark not in _HAMZA_AND_MADDA or base == _ALEF
        case "hebrew":
            return True
    return False
