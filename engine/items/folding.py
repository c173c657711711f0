"""Comparing answers: whether two texts are the same, or one contains the other."""

from __future__ import annotations

import unicodedata

from engine.text import normalize


class _LettersDigitsMarks(dict[int, int]):
    """For `str.translate`: everything but letters, digits and marks becomes a space."""

    def __missing__(self, code: int) -> int:
        self[code] = code if unicodedata.category(chr(code))[0] in "LNM" else ord(" ")
        return self[code]


_KEPT = _LettersDigitsMarks()


def fold(text: str) -> str:
    """Letters, digits and marks of `text` in one case and one normal form, words one space apart.

    Diacritics stay: in many languages they distinguish words ("año", "ano").
    """
    folded = normalize("NFKC", normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_KEPT).split()) or " ".join(folded.split())


def overlap(first: str, second: str) -> bool:
    """Whether two folded texts are equal, or one contains the other as whole words."""
    return f" {first} " in f" {second} " or f" {second} " in f" {first} "
