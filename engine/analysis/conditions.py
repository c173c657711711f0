"""Conditions of the filter language, written for what a figure counts. Light to import."""

from __future__ import annotations

from collections.abc import Iterable

from engine.analysis.metrics.registry import filter_columns


def condition(name: str, value: str | bool | None, others: Iterable[str] = ()) -> str | None:
    """The condition that a column has just this value: `lang:en`, `kind:absent`, `passage:yes`.

    Args:
        name: of the column, as the filter knows it.
        value: None for absent.
        others: the other values that it has. A language stands for its scripts, too: `lang:zh`
            is then `lang:zh -lang:zh-Hans`.

    Returns:
        None where the language can't say it: a text with quotation marks in it.
    """
    if value is None:
        return f"{name}:absent"
    if isinstance(value, bool):
        return f"{name}:{'yes' if value else 'no'}"
    written = _written(name, value)
    asked = filter_columns(name)
    if written is None or asked is None or asked[0].matched != "tag":
        return written
    scripts = [_written(name, other) for other in others if _stands_for(value, other)]
    return " ".join([written, *(f"-{script}" for script in scripts if script)])


def _written(name: str, value: str) -> str | None:
    if not value or '"' in value or value.lower() == "absent":
        return None
    plain = value.isprintable() and not set(value) & set(" ,")
    return f"{name}:{value}" if plain else f'{name}:"{value}"'


def _stands_for(language: str, other: str) -> bool:
    return language != other and other.lower().partition("-")[0] == language.lower()
