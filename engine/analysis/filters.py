"""The filter language of `--filter` and of the inspector's `/`."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from engine.analysis.metrics.metric import EACH, Metric
from engine.analysis.metrics.registry import (
    bare,
    by_filter_name,
    filter_columns,
    in_columns,
    near_names,
    unknown_name,
)
from engine.records.errors import UserError

FILTER_HELP = (
    "words are looked for in question, gold, aliases and answers; outcome:lost,never  lang:es  "
    "choice:right  failed:loop  rank>3  p<10%  kl>1  recovered:yes  pruned_worst_rank>=5  "
    "starred  overruled  tag:loop-ish  note:check  "
    'choice:absent  dense_answer:"New York"; a minus before a condition negates it; all conditions '
    "must hold"
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
_PART = re.compile(r'(?:[^\s"]|"[^"]*")+')
_CONDITION = re.compile(r"(?P<name>[A-Za-z_][\w()]*)(?P<sign>:|>=|<=|!=|>|<|=)(?P<value>.*)", re.S)


class _Condition(NamedTuple):
    text: str
    metric: Metric
    column: str
    sign: str
    value: str


def parse_filter(text: str) -> pl.Expr:
    """Read a filter; the expression is for a frame of `engine.analysis.frame`.

    Raises:
        UserError: with what would have been valid.
    """
    if text.count('"') % 2:
        raise UserError(f"filter: a quotation mark is not closed in '{text}'", FILTER_HELP)
    expression = pl.lit(True)
    for part in _PART.findall(text):
        negated = part.startswith("-") and len(part) > 1
        term = _term(part[1:] if negated else part)
        # A condition on something absent doesn't hold, so its opposite does.
        holds = term.fill_null(False)
        expression = expression & (~holds if negated else holds)
    return expression


def _term(part: str) -> pl.Expr:
    flag = _flag(part)
    if flag is not None:
        return flag
    match = _CONDITION.fullmatch(part)
    if match is None:
        return _contains(_searched(), part.replace('"', ""))
    name, sign, value = match["name"], match["sign"], match["value"].replace('"', "")
    flag = _flag(name)
    if flag is not None and sign in {":", "="} and value.lower() in _TRUTH:
        return flag == _TRUTH[value.lower()]
    asked = filter_columns(name)
    if asked is None and "(" in name:
        return _contains(_searched(), part.replace('"', ""))
    if asked is None:
        raise unknown_name(name.lower()) or UserError(
            f"filter: '{name}' is not a column{_meant(name)}",
            f"Columns: {', '.join(by_filter_name())}. "
            f'To look for the text itself, put quotation marks around it: "{part}".',
        )
    metric, column = asked
    if not value:
        raise UserError(f"filter: '{part}' has no value", FILTER_HELP)
    if value == "absent" and sign in {":", "="}:
        return pl.col(column.name).is_null()
    condition = _Condition(part, metric, column.name, sign, value)
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
            f"filter: '{condition.text}' compares {condition.column} with "
            f"'{condition.value}', which is not a number",
            f"Write for example {condition.column}>3, {condition.column}<=0.5 or "
            f"{condition.column}:absent.",
        ) from None
    sign = "=" if condition.sign == ":" else condition.sign
    compared: pl.Expr = _COMPARISONS[sign](pl.col(condition.column), value)
    return compared


def _string(condition: _Condition) -> pl.Expr:
    if condition.sign not in {":", "=", "!="}:
        raise UserError(
            f"filter: {condition.column} is text and can't be compared by '{condition.sign}'",
            f"Write {condition.column}:VALUE.",
        )
    column, metric = condition.column, condition.metric
    if metric.matched == "part":
        matches = _contains((column,), condition.value)
    else:
        matches = _is_one_of(metric, column, condition.value)
    return ~matches if condition.sign == "!=" else matches


def _is_one_of(metric: Metric, column: str, listed: str) -> pl.Expr:
    wanted = [_plain(value) for value in listed.split(",")]
    strange = sorted(set(wanted).difference(metric.values)) if metric.values else []
    if strange:
        article = "an" if metric.title[0] in "aeiou" else "a"
        raise UserError(
            f"filter: '{strange[0]}' is not {article} {metric.title}",
            f"Expected {', '.join(metric.values)}.",
        )
    text = pl.col(column).str.to_lowercase()
    if metric.matched == "each":
        return text.str.split(EACH).list.eval(pl.element().is_in(wanted)).list.any()
    matches = text.is_in(wanted)
    if metric.matched == "tag":
        # "zh" asks for "zh-Hans" and "zh-Hant" as well.
        matches = matches | text.str.split("-").list.first().is_in(wanted)
    return matches


def _contains(columns: tuple[str, ...], wanted: str) -> pl.Expr:
    """Whether one of the columns contains the text, whatever the case and Unicode form."""
    needle = _plain(wanted)
    joined = pl.concat_str([pl.col(name) for name in columns], separator="\n", ignore_nulls=True)
    return joined.map_batches(
        lambda texts: pl.Series([needle in _plain(text or "") for text in texts], dtype=pl.Boolean),
        return_dtype=pl.Boolean,
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
