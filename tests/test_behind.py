"""The figures of the summary and of the groups: each shows the items that it counts."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from engine.analysis.filters import parse_filter
from engine.records.decodings.beam import Beam
from engine.records.decodings.sample import Sample
from engine.runs.log import RunLog
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import WANDA, manifest, redecode, scored_items
from tests.variant_fixtures import GRADED, graded_items, graded_manifest
from tui.drawing.behind import Behind, Linked, places
from tui.screens.groups import GroupsScreen
from tui.screens.summary import SummaryScreen
from tui.widgets.behind_board import BehindBoard
from tui.widgets.figure_sheet import FigureSheet
from tui.widgets.line_table import LineTable

SIZES = [(80, 24), (120, 34), (200, 50)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Items in several scripts, some of which are brought back."""
    scored = scored_items(60)
    directory = tmp_path / "run"
    with RunLog.open(directory, manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
        for one in scored[:12]:
            log.append_redecode(redecode(one, WANDA, Beam()))
            log.append_redecode(redecode(one, WANDA, Sample()))
    return directory


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    """A run under several recipes."""
    scored = graded_items()
    directory = tmp_path / "graded"
    with RunLog.open(directory, graded_manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
    return directory


async def summary(it: Opened) -> tuple[SummaryScreen, FigureSheet]:
    await it.press("v")
    page = it.app.screen
    assert isinstance(page, SummaryScreen)
    sheet = page.query_one(FigureSheet)
    await it.until(lambda: bool(sheet.figures))
    return page, sheet


async def groups(it: Opened) -> tuple[GroupsScreen, LineTable]:
    await it.press("V")
    page = it.app.screen
    assert isinstance(page, GroupsScreen)
    await it.until(lambda: bool(page.shown))
    return page, page.query_one(LineTable)


def counted(sheet: FigureSheet) -> list[tuple[str, Behind]]:
    """Every figure of a page that is a number of items, with what is behind it."""
    figures = [
        (text.strip().replace(",", ""), text.behind)
        for line in sheet._lines
        for text, _ in line
        if isinstance(text, Linked)
    ]
    return [(text, behind) for text, behind in figures if text.isdigit()]


def frames(it: Opened) -> dict[str, pl.DataFrame]:
    state = it.app.session.state
    return {name: state.frame(name) for name in state.variants}


@pytest.mark.parametrize("size", SIZES)
async def test_every_count_of_the_summary_is_that_of_its_items(
    size: tuple[int, int], run: Path
) -> None:
    async with opened(saved=run, size=size) as it:
        page, sheet = await summary(it)
        frame = frames(it)[WANDA]
        found = counted(sheet)
        asked = {behind.filter for _, behind in found}
        for needed in (
            "outcome:lost",
            "",
            "never_choice_correct:yes",
            "dense_answer_correct:right pruned_answer_correct:wrong",
            "failed:other",
            "-failed:absent",
            "flip:right-to-wrong",
            "outcome:recognition-only rank>=2 rank<=5",
            "outcome:recognition-only recovered_by_beam>0",
            "lang:en",
            "lang:en dense_answer_correct:right",
        ):
            assert needed in asked, needed
        for text, behind in found:
            assert frame.filter(parse_filter(behind.filter)).height == int(text), behind
        assert all(behind.variant == "" for _, behind in found)
        assert page.query_one(BehindBoard).size.height == 1


@pytest.mark.parametrize("size", SIZES)
async def test_the_dots_of_the_scatter_are_all_items(size: tuple[int, int], run: Path) -> None:
    async with opened(saved=run, size=size) as it:
        _, sheet = await summary(it)
        frame = frames(it)[WANDA]
        dots = {one for one in sheet.figures if re.match(r"(dense_)?p[<>]", one.filter)}
        behind = [set(frame.filter(parse_filter(one.filter))["item_id"]) for one in dots]
        assert all(behind)
        both = frame.drop_nulls(["dense_gold_probability", "pruned_gold_probability"])
        assert set().union(*behind) == set(both["item_id"])
        assert sum(map(len, behind)) == both.height


async def test_enter_shows_the_items_and_escape_leads_back_to_the_figure(run: Path) -> None:
    async with opened(saved=run) as it:
        page, sheet = await summary(it)
        assert sheet.behind == Behind("outcome:recognition-only")
        await it.press("down")
        assert sheet.behind == Behind("outcome:lost")
        count = frames(it)[WANDA].filter(pl.col("outcome") == "lost").height
        told = drawn(page.query_one(BehindBoard))
        assert f"{count} items" in told
        assert "outcome:lost" in told
        assert "wanda 45 %" in told
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen and it.table.count == count)
        assert it.screen.browser.filter_text == "outcome:lost"
        assert it.app.focused is it.table
        await it.press("escape")
        back = it.app.screen
        assert isinstance(back, SummaryScreen)
        assert it.screen.browser.filter_text == ""
        again = back.query_one(FigureSheet)
        await it.until(lambda: again.behind == Behind("outcome:lost"))
        # What narrows the items otherwise is only cleared.
        await it.press("escape", "2", "escape")
        assert it.app.screen is it.screen
        assert it.screen.browser.filter_text == ""


async def test_a_filter_that_was_changed_leads_nowhere_back(run: Path) -> None:
    async with opened(saved=run) as it:
        await summary(it)
        await it.press("enter")
        await it.until(lambda: it.screen.browser.filter_text == "outcome:recognition-only")
        await it.press("slash", "space", *"rank>2", "enter")
        await it.press("escape")
        assert it.app.screen is it.screen
        assert it.screen.browser.filter_text == ""


@pytest.mark.parametrize("size", SIZES)
async def test_the_arrows_reach_every_figure_and_scroll_past_text(
    size: tuple[int, int], run: Path
) -> None:
    async with opened(saved=run, size=size) as it:
        _, sheet = await summary(it)
        lines = {place.line for place in places(sheet._lines)}
        seen: set[int] = set()
        for _ in sheet._lines:
            seen.add(places(sheet._lines)[sheet._index].line)
            sheet.action_step(0, 1)
        assert lines - seen == set() if size[0] < 128 else len(seen) > 5
        assert round(sheet.scroll_y) == sheet.max_scroll_y
        await it.press("home")
        assert sheet.scroll_y == 0
        assert sheet.behind == Behind("outcome:recognition-only")
        if size[0] >= 128:
            left = places(sheet._lines)[sheet._index].start
            await it.press("right", "right")
            assert places(sheet._lines)[sheet._index].start > left


async def test_a_variants_figure_shows_its_items_under_that_variant(graded: Path) -> None:
    async with opened(saved=graded) as it:
        page, sheet = await summary(it)
        every = frames(it)
        for text, behind in counted(sheet):
            frame = every[behind.variant or page.variant]
            assert frame.filter(parse_filter(behind.filter)).height == int(text), behind
        index, behind = next(
            (index, one) for index, one in enumerate(sheet.figures) if one.variant == GRADED[2]
        )
        sheet.go_to(index)
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen and it.screen.variant == GRADED[2])
        count = every[GRADED[2]].filter(parse_filter(behind.filter)).height
        await it.until(lambda: it.table.count == count)


@pytest.mark.parametrize("size", SIZES)
async def test_groups_have_subtotals_and_show_their_items(size: tuple[int, int], run: Path) -> None:
    async with opened(saved=run, size=size) as it:
        page, table = await groups(it)
        assert [one.value for one in page.shown][-1] == "all"
        total = page.shown[-1]
        assert sum(one.n for one in page.shown[:-1]) == total.n == 66
        assert all(len(text) <= size[0] for text in table.texts)
        assert "choice %" in drawn(table)
        await it.press("down")
        group = page.current
        assert group is not None
        assert f"{group.filter}" in drawn(page.query_one(BehindBoard))
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen and it.table.count == group.n)
        await it.press("escape")
        back = it.app.screen
        assert isinstance(back, GroupsScreen)
        await it.until(lambda: back.current == group)


async def test_groups_go_by_every_column_in_an_order_of_ones_choice(run: Path) -> None:
    async with opened(saved=run) as it:
        page, _ = await groups(it)
        columns = [page.by]
        while columns[-1] != "failed":
            await it.press("right")
            await it.until(lambda: page.by != columns[-1])
            columns.append(page.by)
        assert columns[:2] == ["lang", "kind"]
        assert "failure mode" in drawn(page.query_one("#by"))
        sizes = [one.n for one in page.shown[:-1]]
        assert sizes == sorted(sizes, reverse=True)
        await it.press("s", "s")
        names = [one.value for one in page.shown[:-1]]
        assert names == sorted(names)
        assert "by name" in drawn(page.query_one("#title"))
        await it.press("A")
        assert it.app.screen is page


async def test_groups_follow_the_variant(graded: Path) -> None:
    async with opened(saved=graded) as it:
        page, _ = await groups(it)
        first = page.shown
        await it.press("right_square_bracket")
        await it.until(lambda: page.shown != first)
        assert "wanda 40 %" in drawn(page.query_one("#title"))
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen)
        assert it.screen.variant == GRADED[1]
