"""Items in groups: subtotals counted by hand, and filters that show just the items of a group."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import polars as pl
import pytest

from engine.analysis.conditions import condition
from engine.analysis.cuts import Cut, cuts_of, every_cut, parts
from engine.analysis.filters import parse_filter
from engine.analysis.frame import pairs_frame
from engine.analysis.groups import find_cut, group
from engine.analysis.proportions import wilson
from engine.analysis.statistics import run_statistics
from engine.records.annotations import Annotation
from engine.records.errors import UserError
from engine.records.scores import Score, ScoredItem
from engine.reports.plain import render_text
from engine.reports.report import full_summary
from engine.runs.log import RunLog
from tests.cli_helpers import run_cli
from tests.inspector_fixtures import DENSE, WANDA, manifest, scored_items
from tests.runs_helpers import PRUNED, make_item, make_run, make_score, scored_item


def capital(name: str, language: str, kind: str | None, *, known: bool, kept: bool) -> ScoredItem:
    item = make_item(name, language=language, kind=kind)
    dense = make_score(item, "Paris" if known else "Oslo", choice=0 if known else 1)
    pruned = make_score(item, "Paris" if kept else "Rome", rank=3)
    return scored_item(item, dense, pruned)


def frame() -> pl.DataFrame:
    """In English dense knows all 4 and keeps 1; in Arabic it knows none of 3; Spanish has 1."""
    scored = [
        *(capital(f"en-{n}", "en", "capital", known=True, kept=n == 0) for n in range(4)),
        *(capital(f"ar-{n}", "ar", "a, b", known=False, kept=False) for n in range(3)),
        capital("es-0", "es", None, known=True, kept=True),
    ]
    return pairs_frame(scored, DENSE, PRUNED)


def by(name: str, of: pl.DataFrame | None = None) -> dict[str, int]:
    grouping = group(frame() if of is None else of, find_cut(frame(), name))
    return {one.value: one.n for one in grouping.groups}


def test_subtotals_are_those_of_the_items() -> None:
    grouping = group(frame(), find_cut(frame(), "language"))
    english, arabic, spanish = grouping.groups
    assert [one.value for one in grouping.groups] == ["en", "ar", "es"]
    assert (english.n, english.known, arabic.known, spanish.known) == (4, 4, 0, 1)
    assert english.outcomes["recognition-only"] == 3
    assert english.open is not None
    assert english.open.dense == wilson(4, 4)
    assert english.open.pruned == wilson(1, 4)
    assert english.illusion is not None
    assert english.illusion.value == pytest.approx(0.75)
    # Of one item there is an illusion, and no interval.
    assert spanish.illusion is not None
    assert spanish.illusion.low is None
    assert grouping.total.n == 8
    assert grouping.total.filter == ""


def test_groups_go_by_any_category() -> None:
    assert by("kind") == {"capital": 4, "a, b": 3, "unnamed": 1}
    assert by("gold length") == {"1–5 characters": 8}
    assert by("outcome") == {"recognition-only": 3, "never": 3, "kept": 2}
    assert by("failed") == {"other-option": 6, "–": 2}
    names = [cut.name for cut in cuts_of(frame())]
    assert names[:2] == ["lang", "kind"]
    assert "failed" in names
    assert not {"id", "item_id", "variant", "passage", "gold_length"} & set(names)


def test_a_column_that_is_none_is_refused_with_those_that_part_the_items() -> None:
    with pytest.raises(
        UserError, match="'langage' is no column to group by; perhaps language"
    ) as e:
        find_cut(frame(), "langage")
    assert "lang, kind" in e.value.hint


@pytest.mark.parametrize("cut", every_cut(), ids=lambda cut: cut.name)
def test_a_groups_filter_shows_just_its_items(cut: Cut) -> None:
    scored = scored_items(60)
    zh = [one for one in scored if one.item.language == "zh-Hans"]
    odd = {0: "a, b", 1: "two words", 2: None, 3: "ﬁnal Ünïcode"}
    varied = [
        msgspec.structs.replace(
            one,
            item=msgspec.structs.replace(
                one.item,
                language="zh" if one is zh[0] else one.item.language,
                kind=odd.get(number % 5, one.item.kind),
            ),
            scores={DENSE: one.scores[DENSE]} if number == 7 else one.scores,
        )
        for number, one in enumerate(scored)
    ]
    notes = {
        varied[3].item.id: Annotation(tags=("loop-ish", "odd"), starred=True),
        varied[4].item.id: Annotation(tags=("odd",)),
    }
    of = pairs_frame(varied, DENSE, WANDA, annotations=notes)
    found = list(parts(of, cut))
    assert sum(part.frame.height for part in found) >= of.height
    for part in found:
        assert part.filter is not None
        shown = of.filter(parse_filter(part.filter))
        assert shown["item_id"].to_list() == part.frame["item_id"].to_list(), part.filter


def test_conditions_say_what_they_can() -> None:
    assert condition("lang", "zh", ("zh", "zh-Hans", "es")) == "lang:zh -lang:zh-Hans"
    assert condition("kind", "a, b") == 'kind:"a, b"'
    assert condition("kind", None) == "kind:absent"
    assert condition("passage", False) == "passage:no"
    assert condition("kind", 'the "b"') == 'kind:"the ""b"""'
    assert condition("kind", "absent") == 'kind:"absent"'
    assert condition("kind", "") is None


def test_it_is_said_where_nothing_can_be_measured_or_brought_back() -> None:
    scored = [
        *(capital(f"en-{n}", "en", "capital", known=True, kept=n > 4) for n in range(12)),
        *(capital(f"ar-{n}", "ar", "river", known=False, kept=False) for n in range(10)),
    ]
    run = make_run(scored)
    statistics = run_statistics(run).comparisons[0]
    assert statistics.candidates == {"all": 5, "en": 5, "ar": 0}
    assert {part.value: part.known for part in statistics.slices if part.by == "kind"} == {
        "capital": 12,
        "river": 0,
    }
    report = render_text(full_summary(run))
    assert (
        "dense answers nothing in ar, nor of kind river (n 10): no illusion to measure there"
        in report
    )
    assert "no recognition-only items in ar: nothing to bring back there" in report
    assert "0 of 10: 0 % [0–28]" in report
    nothing = render_text(full_summary(make_run(scored[12:])))
    assert "dense answers none of these items: no illusion to measure" in nothing
    assert "no recognition-only items: there is nothing to bring back" in nothing


def test_the_command_prints_groups(tmp_path: Path) -> None:
    scored = scored_items(30)
    scored[0] = msgspec.structs.replace(
        scored[0], scores={DENSE: scored[0].scores[DENSE], WANDA: Score()}
    )
    with RunLog.open(tmp_path / "run", manifest(len(scored)), [s.item for s in scored]) as log:
        log.append_scored(scored)
    done = run_cli(tmp_path, "groups", tmp_path / "run", "--by", "failed", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wanda 45 % against dense, by failure mode\n")
    assert "known by dense" in done.stdout
    filtered = ("--filter", "outcome:recognition-only", "--json")
    done = run_cli(tmp_path, "groups", tmp_path / "run", *filtered)
    found = json.loads(done.stdout)
    assert found["by"] == "lang"
    assert found["total"]["outcomes"]["recognition-only"] == found["total"]["n"]
    done = run_cli(tmp_path, "groups", tmp_path / "run", "--by", "question")
    assert (done.returncode, done.stdout) == (2, "")
