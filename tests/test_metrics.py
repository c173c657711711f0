"""A metric of a pair is one row: table, filters, help, summary and columns derive from it."""

from __future__ import annotations

import msgspec
import pytest

from engine.analysis.filters import parse_filter
from engine.analysis.frame import SCHEMA, pairs_frame
from engine.analysis.metrics.metric import PairMetric, SideMetric
from engine.analysis.metrics.registry import by_filter_name, in_columns, ladder, metrics
from engine.analysis.outcomes import OUTCOMES, REPORT_ORDER
from engine.analysis.summary import summarize
from engine.records.decodings.registry import kinds
from engine.records.errors import UserError
from tests.cli_helpers import ROOT
from tests.runs_helpers import PRUNED, make_run, one_of_each
from tui.actions import OUTCOMES as KEYS_OF_OUTCOMES


def test_every_column_belongs_to_one_metric_and_can_be_filtered_by() -> None:
    columns = [column.name for metric in in_columns() for column in metric.columns]
    assert columns == list(SCHEMA)
    frame = pairs_frame(one_of_each(), "dense", PRUNED)
    for name in by_filter_name():
        frame.filter(parse_filter(f"{name}:absent"))


def test_short_names_stand_for_the_column_that_is_asked_for_most() -> None:
    short = {metric.short: metric.columns[-1].name for metric in in_columns() if metric.short}
    assert short == {
        "lang": "language",
        "id": "item_id",
        "open": "pruned_answer_correct",
        "choice": "pruned_choice_correct",
        "shown": "pruned_shown_correct",
        "letter": "pruned_letter_correct",
        "rank": "pruned_gold_rank",
        "worst": "pruned_worst_rank",
        "p": "pruned_gold_probability",
        "kl": "kl_vocabulary",
        "margin": "pruned_top_margin",
        "answer": "pruned_answer",
        "failed": "pruned_failure",
        "passage": "has_passage",
        "tag": "tags",
    }


@pytest.mark.parametrize(("text", "value"), [("outcome:lots", "lots"), ("flip:none,some", "some")])
def test_a_value_that_there_cannot_be_is_an_error(text: str, value: str) -> None:
    with pytest.raises(UserError, match=f"'{value}' is not") as raised:
        parse_filter(text)
    assert "Expected" in raised.value.hint


def test_the_summary_holds_every_metric_that_is_summed_up() -> None:
    summary = msgspec.to_builtins(summarize(make_run(one_of_each())))
    figures = summary["comparisons"][0]["metrics"]
    assert figures["kl_vocabulary"] == {"how": "mean", "value": 0.5, "n": 5}
    assert figures["pruned_gold_rank"] == {"how": "median", "value": 4.0, "n": 5}
    assert figures["dense_answer_correct"] == {"how": "share", "value": 3 / 5, "n": 5}
    summed = [metric for metric in metrics().values() if metric.summed]
    assert list(figures) == [column.name for metric in summed for column in metric.columns]


def test_the_ladder_goes_from_open_generation_to_picking_an_option() -> None:
    assert list(ladder()) == ["open", "shown", "choice", "letter"]


def test_every_decoding_has_its_column() -> None:
    for kind in kinds():
        assert f"recovered_by_{kind.replace('-', '_')}" in SCHEMA


@pytest.mark.parametrize("name", ["", "Toy", "to-y", "a b"])
def test_a_name_that_a_filter_could_not_ask_for_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="lower case"):
        PairMetric(name=name, type=int, title="toy", help="Toy.", value=lambda pair: 1)


def test_a_type_that_no_column_has_is_refused() -> None:
    with pytest.raises(ValueError, match="must be str, bool, int or float"):
        SideMetric(name="toy", type=list, title="toy", help="Toy.", value=lambda score: 1)


def test_outcomes_are_named_once() -> None:
    names = [outcome.name for outcome in OUTCOMES]
    assert ("all", *names) == KEYS_OF_OUTCOMES
    assert sorted(REPORT_ORDER) == sorted(names)
    styles = (ROOT / "tui" / "styles" / "app.tcss").read_text(encoding="utf-8")
    words = (ROOT / "README.md").read_text(encoding="utf-8")
    for outcome in OUTCOMES:
        assert f".paint--{outcome.name} {{" in styles
        assert f"{outcome.mark} *{outcome.name}*" in words
