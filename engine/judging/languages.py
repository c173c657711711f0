"""What each language needs when answers are compared."""

from __future__ import annotations

from typing import NamedTuple

from engine.records.languages import primary_language


class Affixes(NamedTuple):
    """Closed lists of particles that are written together with a word.

    `shortest` is how many characters a gold word must have for a particle to be taken off: many
    words look like a shorter word with a particle.
    """

    before: frozenset[str]
    after: frozenset[str]
    shortest: int


_ARTICLES = {
    "de": "der die das den dem des ein eine einen einem eines einer",
    "en": "a an the",
    "es": "el la los las un una unos unas",
    "fr": "le la les l un une des du d",
    "it": "il lo la i gli le l un uno una",
    "nl": "de het een",
    "pt": "o a os as um uma uns umas",
}

_ARABIC_BEFORE = "و ف ب ل ك ال وال فال بال كال لل ولل فلل وب ول"
_HEBREW_BEFORE = "ה ו ב ל מ ש כ וה וב ול ומ מה שה של"
_KOREAN_AFTER = (
    "은 는 이 가 을 를 의 에 에서 에게 와 과 도 만 로 으로 나 이나 란 이란 라는 이라는 라고 "
    "이라고 다 이다 입니다 이었다 였다 이에요 예요 이며 이고 인 까지 부터 보다 처럼 에는 에서는 "
    "에도 로는 으로는"
)

_AFFIXES = {
    "ar": Affixes(frozenset(_ARABIC_BEFORE.split()), frozenset(), 3),
    "he": Affixes(frozenset(_HEBREW_BEFORE.split()), frozenset(), 3),
    "ko": Affixes(frozenset(), frozenset(_KOREAN_AFTER.split()), 2),
}
NO_AFFIXES = Affixes(frozenset(), frozenset(), 0)

_DECIMAL_COMMA = (
    "az be bg bs ca cs da de el es et eu fi fr gl hr hu hy id is it ka kk lt lv mk nb nl nn no pl "
    "pt ro ru sk sl sq sr sv tr uk uz vi"
)
_GROUPED_BY_SPACE = "be bg cs et fi fr hu hy ka kk lt lv nb nn no pl ru sk sq sv uk uz"


def articles(tag: str) -> frozenset[str]:
    """Articles that are words of their own, case-folded; elided ones without the apostrophe."""
    return frozenset(_ARTICLES.get(primary_language(tag), "").split())


def affixes(tag: str) -> Affixes:
    """Particles written together with a word."""
    return _AFFIXES.get(primary_language(tag), NO_AFFIXES)


def decimal_comma(tag: str) -> bool:
    """Whether 3,5 is three and a half, so that 1.000 is a thousand."""
    return primary_language(tag) in _DECIMAL_COMMA.split()


def grouped_by_space(tag: str) -> bool:
    """Whether 12 000 is one number."""
    return primary_language(tag) in _GROUPED_BY_SPACE.split()
