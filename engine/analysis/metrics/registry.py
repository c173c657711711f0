"""The metrics that are installed, and the columns that they make up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from engine.analysis.metrics.metric import (
    SIDES,
    Column,
    Metric,
    Pair,
    PairMetric,
    SideMetric,
    Value,
)
from engine.records.errors import UserError
from engine.records.extensions import Failure, Members, members

GROUP = "illusion_tui.metrics"

DETAIL = ("prompt", "notes", "item", "scores", "floor", "redecodes", "annotation")
"""What JSONL has beside the columns."""

_COLUMN_ORDER = (
    "item_id",
    "language",
    "question",
    "gold",
    "outcome",
    "answer",
    "answer_correct",
    "choice_correct",
    "gold_rank",
    "gold_probability",
    "worst_rank",
    "kl_options",
    "kl_vocabulary",
    "variant",
    "kind",
    "aliases",
    "has_passage",
    "choice",
    "choice_probability",
    "flip",
    "never_choice_correct",
    "shown_answer",
    "shown_correct",
    "letter_correct",
    "exact",
    "containment",
    "f1",
    "gold_answer",
    "worst_token",
    "worst_probability",
    "top_margin",
    "recovered",
    "recovered_by_beam",
    "recovered_by_sample",
    "recovered_by_one_shot",
    "failure",
    "failure_detail",
    "parts_at",
    "same_top",
    "top_rank",
)
"""Columns are read by position, too: the order of these is a promise, and others come after."""


@cache
def found() -> Members[Metric]:
    """Every metric by its name: ours by subject, then those of other packages."""
    collected = members("engine.analysis.metrics", "METRICS", GROUP, Metric)
    values = dict(collected.values)
    packages = dict(collected.packages)
    failures = list(collected.failures)
    taken = set(DETAIL).union(
        *(values[name].filter_names for name in values if name not in packages)
    )
    for name, package in collected.packages.items():
        if clash := sorted(taken.intersection(values[name].filter_names)):
            failures.append(Failure(name, package, f"the name '{clash[0]}' is taken"))
            del values[name], packages[name]
        else:
            taken.update(values[name].filter_names)
    return Members(values, packages, tuple(failures))


def metrics() -> Mapping[str, Metric]:
    """Every metric by its name, in the order of summaries."""
    return found().values


@cache
def in_columns() -> tuple[Metric, ...]:
    """Every metric in the order of the columns.

    Those that have no promised place come last: what is computed, what is noted by hand, then those
    of other packages.
    """
    order = {name: number for number, name in enumerate(_COLUMN_ORDER)}
    packages = found().packages

    def place(metric: Metric) -> tuple[int, bool, bool]:
        return order.get(metric.name, len(order)), metric.name in packages, metric.by_hand

    return tuple(sorted(metrics().values(), key=place))


def columns() -> tuple[Column, ...]:
    """The columns of the table of pairs."""
    packages = found().packages
    return tuple(
        _checked(column, metric.name, packages[metric.name]) if metric.name in packages else column
        for metric in in_columns()
        for column in metric.columns
    )


@cache
def by_filter_name() -> Mapping[str, tuple[Metric, Column]]:
    """The column that each name in a filter stands for."""
    names = {}
    for metric in in_columns():
        if metric.short:
            names[metric.short] = (metric, metric.columns[-1])
    for metric in in_columns():
        names.update({column.name: (metric, column) for column in metric.columns})
    return names


@cache
def _understood() -> Mapping[str, tuple[Metric, Column]]:
    """What a filter understands beside the names that are listed: a short name with its side
    ("dense_p"), a metric's name without one, titles and headings with underscores."""
    names: dict[str, tuple[Metric, Column]] = {}
    for metric in in_columns():
        if isinstance(metric, SideMetric) and metric.short:
            for column, side in zip(metric.columns, SIDES, strict=True):
                names.setdefault(f"{side}_{metric.short}", (metric, column))
    for metric in in_columns():
        names.setdefault(metric.name, (metric, metric.columns[-1]))
    for metric in in_columns():
        heading = metric.column.title if metric.column else ""
        for title in filter(None, (heading, metric.title)):
            names.setdefault(_plain(title), (metric, metric.columns[-1]))
    return names


def filter_columns(name: str) -> tuple[Metric, Column] | None:
    """The column that a name in a filter stands for, however it is written; None for no column."""
    plain = _plain(name)
    return by_filter_name().get(plain) or _understood().get(plain)


def near_names(name: str) -> list[str]:
    """The names in a filter that one may have meant, the nearest first."""
    known = dict.fromkeys((*by_filter_name(), *_understood()))
    return get_close_matches(_plain(name), list(known), n=3)


def _plain(name: str) -> str:
    return "_".join(re.findall(r"\w+", name.lower()))


@cache
def ladder() -> Mapping[str, SideMetric]:
    """The metrics whose shares are compared on the pairs, by the name of their measure.

    From open generation to picking an option: every rung shows the model more of the answer.
    """
    return {
        metric.short or metric.name: metric
        for metric in metrics().values()
        if isinstance(metric, SideMetric) and metric.summed and metric.summed.how == "share"
    }


@cache
def summed() -> tuple[Metric, ...]:
    """The metrics that are summed up and are not rungs of the ladder."""
    rungs = [metric.name for metric in ladder().values()]
    return tuple(
        metric for metric in metrics().values() if metric.summed and metric.name not in rungs
    )


def columns_of_redecodes() -> tuple[str, ...]:
    """The columns that change when an item is decoded anew."""
    return tuple(
        metric.name
        for metric in in_columns()
        if isinstance(metric, PairMetric) and metric.of_redecodes
    )


def columns_by_hand() -> tuple[str, ...]:
    """The columns that change when a person notes something of an item."""
    return tuple(
        column.name for metric in in_columns() if metric.by_hand for column in metric.columns
    )


def bare(name: str) -> Metric | None:
    """The metric whose name alone is a condition in a filter."""
    metric = metrics().get(name.lower())
    return metric if metric is not None and metric.bare else None


def unknown_name(name: str) -> UserError | None:
    """Why another package's metric can't be used; None where none goes by this name."""
    return found().failure(name)


def _checked(column: Column, metric: str, package: str) -> Column:
    """A column of another package, whose failures say where they come from."""
    types = (int, float) if column.type is float else (column.type,)

    def failure(reason: str, item: str) -> UserError:
        return UserError(
            f"the metric '{metric}' of the package {package} failed on item '{item}': {reason}",
            f"Update or uninstall {package}.",
            status=1,
        )

    def value(pair: Pair) -> Value:
        try:
            result = column.value(pair)
        except Exception as error:
            raise failure(f"{type(error).__name__}: {error}", pair.item.id) from error
        if result is not None and not isinstance(result, types):
            reason = f"expected {column.type.__name__}, not {type(result).__name__}"
            raise failure(reason, pair.item.id)
        return float(result) if isinstance(result, int) and column.type is float else result

    return column._replace(value=value)
