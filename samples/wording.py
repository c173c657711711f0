"""The wording of the questions in each language.

The stem ends where the answer follows. Where a language inflects names or needs an article, its
rule is here, or the wording avoids both.
"""

from __future__ import annotations

import re

# Stem and question about a capital; `{of}` is the country's name, with whatever "of" requires.
CAPITAL = {
    "en": ("The capital of {of} is", "What is the capital of {of}?"),
    "fr": ("La capitale {of} est", "Quelle est la capitale {of} ?"),
    "de": ("Die Hauptstadt {of} ist", "Wie heißt die Hauptstadt {of}?"),
    "es": ("La capital {of} es", "¿Cuál es la capital {of}?"),
    "tr": ("{of} başkenti", "{of} başkenti neresidir?"),
    "id": ("Ibu kota {of} adalah", "Apa ibu kota {of}?"),
    "vi": ("Thủ đô của {of} là", "Thủ đô của {of} là gì?"),
    "ru": ("Столица страны {of} —", "Какой город является столицей страны {of}?"),
    "ar": ("عاصمة {of} هي", "ما هي عاصمة {of}؟"),
    "hi": ("{of} की राजधानी", "{of} की राजधानी क्या है?"),
    "ja": ("{of}の首都は", "{of}の首都はどこですか？"),
    "ko": ("{of}의 수도는", "{of}의 수도는 어디입니까?"),
    "zh": ("{of}的首都是", "{of}的首都是哪里？"),
    "th": ("เมืองหลวงของ{of}คือ", "เมืองหลวงของ{of}คือเมืองอะไร"),
}

LANGUAGE = {
    "en": ("The official language of {of} is", "What is the official language of {of}?"),
    "de": ("Die Amtssprache {of} ist", "Was ist die Amtssprache {of}?"),
    "es": ("El idioma oficial {of} es el", "¿Cuál es el idioma oficial {of}?"),
    "tr": ("{of} resmî dili", "{of} resmî dili nedir?"),
    "id": ("Bahasa resmi {of} adalah bahasa", "Apa bahasa resmi {of}?"),
    "vi": ("Ngôn ngữ chính thức của {of} là", "Ngôn ngữ chính thức của {of} là gì?"),
    "ru": ("Официальный язык страны {of} —", "Какой язык является официальным в стране {of}?"),
    "ar": ("اللغة الرسمية في {of} هي", "ما هي اللغة الرسمية في {of}؟"),
    "hi": ("{of} की आधिकारिक भाषा", "{of} की आधिकारिक भाषा क्या है?"),
    "ja": ("{of}の公用語は", "{of}の公用語は何ですか？"),
    "ko": ("{of}의 공용어는", "{of}의 공용어는 무엇입니까?"),
    "zh": ("{of}的官方语言是", "{of}的官方语言是什么？"),
    "th": ("ภาษาราชการของ{of}คือภาษา", "ภาษาราชการของ{of}คือภาษาอะไร"),
}

CURRENCY = {
    "en": ("The currency of {of} is the", "What is the currency of {of}?"),
}

_GERMAN_FEMININE = frozenset({"CH", "TR", "UA", "SK", "MN", "MD", "DO", "CF"})
_GERMAN_PLURAL = frozenset({"US", "NL", "PH", "AE", "MV", "KM", "SC", "BS", "SB", "MH"})
_GERMAN_ADJECTIVE = {
    "US": "der Vereinigten Staaten",
    "AE": "der Vereinigten Arabischen Emirate",
    "DO": "der Dominikanischen Republik",
    "CF": "der Zentralafrikanischen Republik",
    "GB": "des Vereinigten Königreichs",
}
_GERMAN_MASCULINE = {
    "IQ": "des Irak",
    "IR": "des Iran",
    "LB": "des Libanon",
    "SD": "des Sudan",
    "SS": "des Südsudan",
    "TD": "des Tschad",
    "YE": "des Jemen",
    "NE": "des Niger",
    "SN": "des Senegal",
    "CI": "der Elfenbeinküste",
    "VA": "des Vatikans",
}

_FRENCH_PLURAL = frozenset({"US", "NL", "PH", "AE", "MV", "KM", "SC", "BS", "SB", "MH", "FJ"})
_FRENCH_WITHOUT_ARTICLE = "CU CY MG MT OM BH DJ HT MU ST SG MC SM AD TT AG KN LC VC KI TV"
_FRENCH_MASCULINE_IN_E = frozenset({"MX", "KH", "MZ", "ZW", "SR", "BZ", "GB"})
_FRENCH_FEMININE = frozenset({"SL"})
# Usage varies on whether these take an article, and which.
_FRENCH_LEFT_OUT = frozenset({"WS", "TO", "PW", "FM", "TL", "VU", "SZ"})

_SPANISH_ARTICLE = {
    "GB": "el ",
    "LB": "el ",
    "NL": "los ",
    "AE": "los ",
    "BS": "las ",
    "MH": "las ",
}


def of_country(code: str, name: str, language: str) -> str | None:
    """The country's name as the wording of `language` needs it; None where that is unknown."""
    if language == "fr":
        return _french(code, name)
    if language == "de":
        return _german(code, name)
    if language == "tr":
        return f"{name}'{_turkish_genitive(name)}"
    if language == "es":
        article = "la " if name.startswith("República") else _SPANISH_ARTICLE.get(code, "")
        return f"de {article}{name}".replace("de el ", "del ")
    return name


def _french(code: str, name: str) -> str | None:
    if code in _FRENCH_LEFT_OUT:
        return None
    if code in _FRENCH_PLURAL:
        return f"des {name}"
    vowel = name[0].lower() in "aeiouéèêîôâ" or code == "HT"
    if code in _FRENCH_WITHOUT_ARTICLE.split():
        return f"d’{name}" if vowel else f"de {name}"
    if vowel:
        return f"de l’{name}"
    noun = re.split(r"[ -]", name, maxsplit=1)[0]
    feminine = code in _FRENCH_FEMININE or (
        noun.endswith("e") and code not in _FRENCH_MASCULINE_IN_E
    )
    return f"de la {name}" if feminine else f"du {name}"


def _german(code: str, name: str) -> str:
    if code in _GERMAN_ADJECTIVE:
        return _GERMAN_ADJECTIVE[code]
    if code in _GERMAN_MASCULINE:
        return _GERMAN_MASCULINE[code]
    if code in _GERMAN_FEMININE:
        return f"der {name}"
    if code in _GERMAN_PLURAL:
        return f"der {name.removesuffix('n')}n" if code in {"PH", "MV"} else f"der {name}"
    return f"von {name}"


def _turkish_genitive(name: str) -> str:
    """The genitive suffix by vowel harmony; n after a vowel."""
    vowels = [letter for letter in name.lower() if letter in "aeıioöuüâîû"]
    last = vowels[-1] if vowels else "a"
    suffix = {"a": "ın", "ı": "ın", "â": "ın", "o": "un", "u": "un", "û": "un"} | {
        "e": "in",
        "i": "in",
        "î": "in",
        "ö": "ün",
        "ü": "ün",
    }
    # A final l after a is front in these borrowed names.
    chosen = "in" if name in {"Senegal", "Nepal", "Portugal"} else suffix[last]
    return f"n{chosen}" if name[-1].lower() in vowels else chosen
