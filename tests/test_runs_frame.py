"""The table of pairs: its columns are a promise, absent is null, and it can be filtered."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import polars as pl
import pytest

from engine.analysis.filters import parse_filter
from engine.analysis.frame import SCHEMA, pairs_frame
from engine.analysis.outcomes import REPORT_ORDER
from engine.analysis.pairing import flip, outcome
from engine.analysis.rows import pair_row
from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.errors import UserError
from engine.records.scores import Score, ScoredItem
from engine.runs.log import RunLog
from tests.cli_helpers import run_cli
from tests.runs_helpers import (
    PRUNED,
    make_item,
    make_manifest,
    make_redecode,
    make_score,
    one_of_each,
    scored_item,
)

FIXED = (
    "item_id language question gold outcome dense_answer pruned_answer dense_answer_correct "
    "pruned_answer_correct dense_choice_correct pruned_choice_correct dense_gold_rank "
    "pruned_gold_rank dense_gold_probability pruned_gold_probability dense_worst_rank "
    "pruned_worst_rank kl_options kl_vocabulary"
)


def test_the_first_columns_are_the_promised_ones_with_fixed_types() -> None:
    full, empty = pairs_frame(one_of_each(), "dense", PRUNED), pairs_frame([], "dense", PRUNED)
    assert " ".join(full.columns).startswith(f"{FIXED} ")
    assert full.schema == empty.schema == SCHEMA
    assert full["outcome"].to_list() == list(REPORT_ORDER)
    row = full.row(1, named=True)
    assert row["dense_answer"] == "Paris!"
    assert (row["dense_answer_correct"], row["pruned_answer_correct"]) == (True, False)
    assert (row["dense_choice_correct"], row["pruned_choice_correct"]) == (True, True)
    assert (row["dense_gold_rank"], row["pruned_gold_rank"]) == (1, 4)
    assert (row["dense_worst_rank"], row["pruned_worst_rank"]) == (2, 5)
    assert (row["kl_options"], row["kl_vocabulary"]) == (0.25, 0.5)
    assert full["never_choice_correct"].to_list() == [None, None, None, None, True]


def test_what_is_absent_or_not_a_number_is_null() -> None:
    item = make_item("x", options=())
    broken = make_score(item, "Paris", kl=math.nan)
    bare = pairs_frame([scored_item(item, Score(), Score())], "dense", PRUNED)
    assert bare.row(0, named=True)["outcome"] is None
    described = {
        "item_id",
        "gold_length",
        "language",
        "question",
        "gold",
        "variant",
        "kind",
        "has_passage",
    }
    described |= {"borrowed", "starred"}
    assert bare.select(pl.exclude(described)).null_count().sum_horizontal()[0] == (
        len(SCHEMA) - len(described)
    )
    row = pair_row(scored_item(item, make_score(item, "Paris"), broken), "dense", PRUNED)
    assert row["kl_vocabulary"] is None
    assert row["pruned_choice_correct"] is None
    assert row["outcome"] == "kept"


def test_without_options_a_wrong_answer_is_lost() -> None:
    item = make_item("x", options=())
    assert outcome(make_score(item, "Paris"), make_score(item, "Rome")) == "lost"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0, 0, "none"),
        (0, 1, "right-to-wrong"),
        (1, 0, "wrong-to-right"),
        (1, 2, "wrong-to-other"),
        (1, 1, "none"),
    ],
)
def test_flips_tell_directions(before: int, after: int, expected: str) -> None:
    item = make_item("x")
    dense, pruned = (make_score(item, "Paris", choice=choice) for choice in (before, after))
    assert flip(dense.choice, pruned.choice) == expected
    assert flip(dense.choice, None) is None


def test_recoveries_are_the_best_position_by_kind_under_this_variant() -> None:
    scored = one_of_each()[1]
    item = scored.item
    redecodes = [
        make_redecode(item, Beam(width=8), "Oslo", "Lima", "Paris"),
        make_redecode(item, Beam(width=4), "Oslo", "Paris"),
        make_redecode(item, Sample(), "Oslo"),
        make_redecode(item, OneShot(), "Paris", variant="dense"),
        make_redecode(make_item("another"), OneShot(), "Paris"),
    ]
    row = pair_row(scored, "dense", PRUNED, redecodes)
    assert row["recovered_by_beam"] == 2
    assert row["recovered_by_sample"] is None
    assert row["recovered_by_one_shot"] is None
    assert row["recovered"] is True
    assert pair_row(scored, "dense", PRUNED, redecodes[2:])["recovered"] is False
    assert pair_row(scored, "dense", PRUNED)["recovered"] is None


def diverse() -> list[ScoredItem]:
    arabic = make_item("ar-1", "القاهرة", "ar", question="ما هي عاصمة مصر؟", options=())
    chinese = make_item("zh-1", "北京", "zh-Hans", question="中国的首都?", aliases=("Peking",))
    german = make_item("de-1", "Straße", "de", question="[/b] \x1b[31m?", kind=None)
    return [
        *one_of_each(),
        scored_item(arabic, make_score(arabic, "القاهرة"), make_score(arabic, "لا")),
        scored_item(chinese, make_score(chinese, "北京"), make_score(chinese, "上海", kl=2.0)),
        scored_item(german, make_score(german, "STRASSE"), Score()),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "kept recognition-only lost gained never ar-1 zh-1 de-1"),
        ("outcome:recognition-only", "recognition-only zh-1"),
        ("outcome:lost,never", "lost never ar-1"),
        ("-outcome:kept lang:en", "recognition-only lost gained never"),
        ("lang:zh", "zh-1"),
        ("language:AR", "ar-1"),
        ("rank>3", "kept recognition-only lost gained never"),
        ("rank<=3", "ar-1 zh-1"),
        ("p<20%", "kept recognition-only lost gained never"),
        ("kl>1", "zh-1"),
        ("choice:wrong", "lost"),
        ("-choice:right", "lost ar-1 de-1"),
        ("choice:absent", "ar-1 de-1"),
        ("pruned_gold_rank:absent", "de-1"),
        ("dense_answer:oslo", "gained never"),
        ("strasse", "de-1"),
        ("القاهرة", "ar-1"),
        ("北京", "zh-1"),
        ("PEKING", "zh-1"),
        ("[/b]", "de-1"),
        ('"capital of lost"', "lost"),
        ("capital lost -rome", ""),
        ("flip:right-to-wrong", "lost"),
        ("kind:absent", "de-1"),
        ("recovered:yes", ""),
        ("failed:other-option", "lost never"),
        ("failed:echo,other", "recognition-only ar-1 zh-1"),
        ("failed:absent", "kept gained de-1"),
        ("dense_failure:other-option", "gained never"),
        ('pruned_failure_detail:"candidate, ‘Lima’"', "never"),
        ("dense_p<=0.5 pruned_p<0.2 lang:en", "kept recognition-only lost gained never"),
        ("dense_rank>1", ""),
        ("gold_rank>3", "kept recognition-only lost gained never"),
        ("p(gold)<20%", "kept recognition-only lost gained never"),
        ("gold_answer:القاهرة", "ar-1"),
        ("KL>1", "zh-1"),
        ("f(x)=3", ""),
        ("parts_at:absent", "kept recognition-only lost gained never ar-1 zh-1 de-1"),
    ],
)
def test_a_filter_finds_items(text: str, expected: str) -> None:
    frame = pairs_frame(diverse(), "dense", PRUNED)
    assert frame.filter(parse_filter(text))["item_id"].to_list() == expected.split()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("foo:1", "'foo' is not a column", "rank"),
        ("rang>3", "'rang' is not a column; perhaps rank or", "Columns: "),
        ("rank>three", "is not a number", "pruned_gold_rank>3"),
        ("outcome:gone", "'gone' is not an outcome", "recognition-only"),
        ("failed:gone", "'gone' is not a failure mode", "near-miss"),
        ("choice>1", "is not a condition on pruned_choice_correct", ":right"),
        ("lang>en", "can't be compared", "language:VALUE"),
        ("rank>", "has no value", "rank>3"),
        ('"open', "quotation mark", "dense_answer"),
    ],
)
def test_a_filter_that_can_not_be_read_says_what_would_be_valid(
    text: str, message: str, hint: str
) -> None:
    with pytest.raises(UserError, match=message) as failure:
        parse_filter(text)
    assert hint in failure.value.hint


def test_rows_that_come_one_by_one_give_the_same_table() -> None:
    scored = one_of_each()
    rows = [pair_row(one, "dense", PRUNED) for one in scored]
    assert pl.DataFrame(rows, schema=SCHEMA).equals(pairs_frame(scored, "dense", PRUNED))
    assert msgspec.json.decode(msgspec.json.encode(rows)) == rows


@pytest.mark.parametrize("command", ["export", "redecode"])
def test_a_variant_that_the_run_does_not_have_is_named_in_one_sentence(
    tmp_path: Path, command: str
) -> None:
    scored = one_of_each()
    items = [each.item for each in scored]
    with RunLog.open(tmp_path / "run", make_manifest(items), items) as log:
        log.append_scored(scored)
    options = {"export": ("--to", tmp_path / "x.csv"), "redecode": ("lost", "--beam", "2")}
    done = run_cli(tmp_path, command, tmp_path / "run", *options[command], "--variant", "wanda:0.9")
    assert done.returncode == 2
    assert "the run has no variant 'wanda:0.9'" in done.stderr
    assert "It has " in done.stderr
