"""Whether an answer is in another language than its item, as far as its letters tell."""

from __future__ import annotations

from collections import Counter

import regex

from engine.records.items import Item
from engine.records.languages import primary_language

LEAST_LETTERS = 3
"""An answer with fewer letters of another script may be a unit or an abbreviation."""

HAN_ALONE = 10
"""So many Chinese characters in a row of Japanese would have kana between them."""

_NAMES = (
    "Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Hebrew", "Arabic", "Ethiopic",
    "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada",
    "Malayalam", "Sinhala", "Thai", "Lao", "Tibetan", "Myanmar", "Khmer", "Mongolian", "Hangul",
    "Han",
)  # fmt: skip
_KANA, _HAN = "kana", "Han"
_SCRIPT = regex.compile(
    "|".join(
        [
            *(rf"(?P<{name}>[\p{{L}}&&\p{{{name}}}])" for name in _NAMES),
            rf"(?P<{_KANA}>[\p{{Hiragana}}\p{{Katakana}}])",
        ]
    ),
    regex.VERSION1,
)

_SEVERAL = {
    "az": {"Latin", "Cyrillic", "Arabic"},
    "bs": {"Latin", "Cyrillic"},
    "ja": {_HAN, _KANA},
    "kk": {"Cyrillic", "Latin", "Arabic"},
    "ko": {"Hangul", _HAN},
    "ku": {"Latin", "Arabic"},
    "pa": {"Gurmukhi", "Arabic"},
    "sr": {"Latin", "Cyrillic"},
    "uz": {"Latin", "Cyrillic"},
    "zh": {_HAN},
}
"""Languages that are written in several scripts, of which an item may show one."""

_FOREIGN = {
    "ar": frozenset("پچژگٹڈڑںے"),
    "be": frozenset("иїєґ"),
    "bg": frozenset("ыэіїєґ"),
    "ru": frozenset("іїєґўђљњћџ"),
    "uk": frozenset("ыэъёў"),
}
"""Letters of a language's own script that it never uses."""


def other_language(text: str, item: Item) -> str | None:
    """Why an answer is in another language than its item, in a clause; None where that isn't sure.

    It is where most of its letters are of scripts that neither the language nor any text of the
    item is written in. Of languages with the same script, letters that only the other one has tell
    (kana in Chinese, і in Russian), and Chinese characters alone in a long answer to Japanese.
    """
    counts = scripts(text)
    total = counts.total()
    language = primary_language(item.language)
    texts = (item.question, item.stem or "", *item.answers, *item.options)
    own = scripts(" ".join(texts)).keys() | _SEVERAL.get(language, set())
    if not own or not total:
        return None
    foreign = Counter({name: count for name, count in counts.items() if name not in own})
    if foreign.total() >= LEAST_LETTERS and 2 * foreign.total() > total:
        [(name, _)] = foreign.most_common(1)
        return f"is written in {name} letters"
    known = _FOREIGN.get(language, frozenset())
    if len(letters := sorted(known.intersection(text.casefold()))) > 1:
        return f"has the letters {' and '.join(letters[:2])}, which its language lacks"
    if language == "ja" and counts[_HAN] == total >= HAN_ALONE:
        return "has no kana"
    if language == "zh" and counts[_KANA] >= LEAST_LETTERS:
        return f"has {_KANA}"
    return None


def scripts(text: str) -> Counter[str]:
    """How many letters of a text are of which script; those of a script not known here don't count.

    Hiragana and katakana are one.
    """
    return Counter(match.lastgroup or "" for match in _SCRIPT.finditer(text))
