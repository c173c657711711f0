"""The filter language of `--filter` and of the inspector's `/`."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import polars as pl

from engine.analysis.conditions import ABSENT, unquoted
from engine.analysis.metrics.metric import EACH, Metric
from engine.analysis.metrics.registry import (
    bare,
    by_filter_name,
    filter_columns,
    in_columns,
    near_names,
    unknown_name,
)
from engine.records.errors import UserError, shortened
from engine.text import is_unicode, normalize

FILTER_HELP = (
    "words are looked for in question, gold, aliases and answers; outcome:lost,never  lang:es  "
    "choice:right  failed:loop  rank>3  p<10%  kl>1  recovered:yes  pruned_worst_rank>=5  "
    "starred  overruled  tag:loop-ish  note:check  "
    'choice:absent  dense_answer:"New York"; a quotation mark within such marks is written twice; '
    "a minus before a condition negates it; all conditions must hold"
)

_TRUTH = {"right": True, "yes": True, "true": True, "wrong": False, "no": False, "false": False}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
MOST_CONDITIONS = 200
MOST_CHARACTERS = 100_000
"""Room for lists of thousands of ids: `item_id:a,b,c` is one condition."""

_PART = re.compile(r'(?:[^\s"]|"[^"]*")+')
_LISTED = re.compile(r'((?:[^,"]|"[^"]*")*),')
_CONDITION = re.compile(r"(?P<name>[A-Za-z_][\w()]*)(?P<sign>:|>=|<=|!=|>|<|=)(?P<value>.*)", re.S)


class _Contains(NamedTuple):
    """Whether one of the columns contains a text, or none does."""

    columns: tuple[str, ...]
    text: str
    wanted: bool = True


class _Condition(NamedTuple):
    text: str
    metric: Metric
    column: str
    sign: str
    value: str
    listed: tuple[str, ...]


def parse_filter(text: str) -> pl.Expr:
    """Read a filter; the expression is for a frame of `engine.analysis.frame`.

    Raises:
        UserError: with what would have been valid.
    """
    _check_text(text)
    parts = _PART.findall(text)
    if len(parts) > MOST_CONDITIONS:
        raise UserError(
            f"filter: it has {len(parts):,} words and conditions, and at most {MOST_CONDITIONS} "
            "are taken",
            "List the values of one column after commas: item_id:a,b,c.",
        )
    terms: list[pl.Expr] = []
    sought: dict[tuple[str, ...], list[tuple[str, bool]]] = defaultdict(list)
    for part in parts:
        negated = part.startswith("-") and len(part) > 1
        term = _term(part[1:] if negated else part)
        if isinstance(term, _Contains):
            sought[term.columns].append((term.text, term.wanted != negated))
            continue
        # A condition on something absent doesn't hold, so its opposite does.
        holds = term.fill_null(False)
        terms.append(~holds if negated else holds)
    terms += [_contain(columns, texts) for columns, texts in sought.items()]
    # Side by side: one within the other, thousands of them take minutes to plan.
    return pl.all_horizontal(terms) if terms else pl.lit(True)


def containing(text: str) -> pl.Expr:
    """Whether an item's id contains a text, or what words of a filter are looked for in does."""
    return _contain(("item_id", *_searched()), [(text, True)])


def _check_text(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise UserError(
            f"filter: it has {len(text):,} characters, and at most {MOST_CHARACTERS:,} are taken",
            "Filter what is left once more, or the exported table.",
        )
    if not is_unicode(text):
        raise UserError(f"filter: {shortened(text)!a} is not Unicode", "Type it in UTF-8.")
    if text.count('"') % 2:
        raise UserError(
            f"filter: a quotation mark is not closed in '{shortened(text)}'", FILTER_HELP
        )


def _term(part: str) -> pl.Expr | _Contains:
    flag = _flag(part)
    if flag is not None:
        return flag
    match = _CONDITION.fullmatch(part)
    if match is None:
        return _Contains(_searched(), unquoted(part))
    name, sign, value = match["name"], match["sign"], unquoted(match["value"])
    flag = _flag(name)
    if flag is not None and sign in {":", "="} and value.lower() in _TRUTH:
        return flag == _TRUTH[value.lower()]
    shown = shortened(part)
    asked = filter_columns(name)
    if asked is None and "(" in name:
        return _Contains(_searched(), unquoted(part))
    if asked is None:
        raise unknown_name(name.lower()) or UserError(
            f"filter: '{shortened(name)}' is not a column{_meant(name)}",
            f"Columns: {', '.join(by_filter_name())}. "
            f'To look for the text itself, put quotation marks around it: "{shown}".',
        )
    metric, column = asked
    if not value:
        raise UserError(f"filter: '{shown}' has no value", FILTER_HELP)
    if match["value"] == ABSENT and sign in {":", "="}:
        return pl.col(column.name).is_null()
    # A comma in quotation marks is one of the value.
    listed = tuple(unquoted(one) for one in _LISTED.findall(f"{match['value']},"))
    condition = _Condition(shown, metric, column.name, sign, value, listed)
    if column.type is bool:
        return _truth(condition)
    return _string(condition) if column.type is str else _number(condition)


def _meant(name: str) -> str:
    near = near_names(name)
    return f"; perhaps {' or '.join(near)}" if near else ""


def _flag(name: str) -> pl.Expr | None:
    """The condition that a name alone is; None for other names, and for text."""
    metric = bare(name)
    return None if metric is None else pl.any_horizontal(*(c.name for c in metric.columns))


def _searched() -> tuple[str, ...]:
    return tuple(
        column.name for metric in in_columns() if metric.searched for column in metric.columns
    )


def _truth(condition: _Condition) -> pl.Expr:
    wanted = _TRUTH.get(condition.value.lower())
    if wanted is None or condition.sign not in {":", "="}:
        raise UserError(
            f"filter: '{condition.text}' is not a condition on {condition.column}",
            "Expected :right, :wrong, :yes, :no or :absent after its name.",
        )
    return pl.col(condition.column) == wanted


def _number(condition: _Condition) -> pl.Expr:
    digits = condition.value.removesuffix("%")
    try:
        value = float(digits) / (100 if digits != condition.value else 1)
    except ValueError:
        raise UserError(
            f"filter: '{condition.text}': '{shortened(condition.value)}' is not a number",
            f"Write for example {condition.column}>3, {condition.column}<=0.5 or "
            f"{condition.column}:absent.",
        ) from None
    sign = "=" if condition.sign == ":" else condition.sign
    compared: pl.Expr = _COMPARISONS[sign](pl.col(condition.column), value)
    return compared


def _string(condition: _Condition) -> pl.Expr | _Contains:
    if condition.sign not in {":", "=", "!="}:
        raise UserError(
            f"filter: {condition.column} is text and can't be compared by '{condition.sign}'",
            f"Write {condition.column}:VALUE.",
        )
    column, metric = condition.column, condition.metric
    if metric.matched == "part":
        return _Contains((column,), condition.value, condition.sign != "!=")
    matches = _is_one_of(metric, column, condition.listed)
    return ~matches if condition.sign == "!=" else matches


def _is_one_of(metric: Metric, column: str, listed: Sequence[str]) -> pl.Expr:
    wanted = [_plain(value) for value in listed]
    strange = sorted(set(wanted).difference(metric.values)) if metric.values else []
    if strange:
        article = "an" if metric.title[0] in "aeiou" else "a"
        raise UserError(
            f"filter: '{shortened(strange[0])}' is not {article} {metric.title}",
            f"Expected {', '.join(metric.values)}.",
        )
    # The column is only lowercased, which for some scripts is another text than `_plain` makes.
    wanted += [value.lower() for value in listed]
    text = pl.col(column).str.to_lowercase()
    if metric.matched == "each":
        return text.str.split(EACH).list.eval(pl.element().is_in(wanted)).list.any()
    matches = text.is_in(wanted)
    if metric.matched == "tag":
        # "zh" asks for "zh-Hans" and "zh-Hant" as well.
        matches = matches | text.str.split("-").list.first().is_in(wanted)
    return matches


def _contain(columns: tuple[str, ...], sought: Sequence[tuple[str, bool]]) -> pl.Expr:
    """Whether the columns contain every text that they are to contain, and none of the others,
    whatever the case and Unicode form."""
    needles = [(_plain(text), wanted) for text, wanted in sought]
    joined = pl.concat_str([pl.col(name) for name in columns], separator="\n", ignore_nulls=True)

    def holds(text: str | None) -> bool:
        plain = _plain(text or "")
        return all((needle in plain) is wanted for needle, wanted in needles)

    return joined.map_batches(
        lambda texts: pl.Series([holds(text) for text in texts], dtype=pl.Boolean),
        return_dtype=pl.Boolean,
    )


def _plain(text: str) -> str:
    return normalize("NFKC", normalize("NFKC", text).casefold())
