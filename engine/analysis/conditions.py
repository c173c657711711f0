"""Conditions of the filter language, written for what a figure counts. Light to import."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.analysis.metrics.registry import filter_columns

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
ABSENT = "absent"


def quoted(value: str) -> str:
    """A value as the filter language takes it: in quotation marks where it has to be, those in it
    twice."""
    plain = value.isprintable() and not set(value) & set(' ,"') and value.lower() != ABSENT
    return value if plain else '"' + value.replace('"', '""') + '"'


def unquoted(text: str) -> str:
    """What a text of the filter language says, without its quotation marks."""
    return _QUOTED.sub(lambda match: match[1].replace('""', '"'), text)


def condition(name: str, value: str | bool | None, others: Iterable[str] = ()) -> str | None:
    """The condition that a column has just this value: `lang:en`, `kind:absent`, `passage:yes`.

    Args:
        name: of the column, as the filter knows it.
        value: None for absent.
        others: the other values that it has. A language stands for its scripts, too: `lang:zh`
            is then `lang:zh -lang:zh-Hans`.

    Returns:
        None where the language can't say it: an empty text.
    """
    if value is None:
        return f"{name}:{ABSENT}"
    if isinstance(value, bool):
        return f"{name}:{'yes' if value else 'no'}"
    written = _written(name, value)
    asked = filter_columns(name)
    if written is None or asked is None or asked[0].matched != "tag":
        return written
    scripts = [_written(name, other) for other in others if _stands_for(value, other)]
    return " ".join([written, *(f"-{script}" for script in scripts if script)])


def _written(name: str, value: str) -> str | None:
    return f"{name}:{quoted(value)}" if value else None


def _stands_for(language: str, other: str) -> bool:
    return language != other and other.lower().partition("-")[0] == language.lower()
