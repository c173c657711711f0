"""Variants on the screen: in the summary, and one item under all of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from textual.widgets import Input, Select

from engine.records.decodings.beam import Beam
from engine.records.scores import Score
from engine.runs.log import RunLog
from tests.app_helpers import Opened, opened
from tests.inspector_fixtures import WANDA, redecode, scored_items
from tests.scripted_client import ScriptedEngine
from tests.variant_fixtures import GRADED, graded_items, graded_manifest
from tui.drawing.item_variants import VariantRow, item_lines
from tui.drawing.lines import width_of
from tui.screens.export import ExportScreen
from tui.screens.page import PageScreen
from tui.screens.summary import SummaryScreen
from tui.screens.variants import VariantsScreen

SIZES = [(80, 24), (120, 34), (200, 50)]
LABELS = ["dense", "wanda 30 %", "wanda 40 %", "wanda 50 %", "sparsegpt 40 %", "sparsegpt 50 %"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    scored = graded_items()
    run = tmp_path / "run"
    with RunLog.open(run, graded_manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(scored[0], "wanda:0.5", Beam()))
    return run


def page(it: Opened, kind: type[PageScreen]) -> str:
    assert isinstance(it.app.screen, kind)
    return "\n".join(it.app.screen.texts())


@pytest.mark.parametrize("size", SIZES)
async def test_the_summary_begins_with_all_variants(saved: Path, size: tuple[int, int]) -> None:
    async with opened(saved=saved, size=size) as it:
        await it.press("v")
        await it.until(lambda: "Between the variants" in page(it, SummaryScreen))
        lines = page(it, SummaryScreen).splitlines()
        assert lines[0].startswith("Variants")
        for label, line in zip(LABELS, lines[2:], strict=False):
            assert label in line
        text = "\n".join(lines)
        assert text.count("Accuracy over sparsity") == 1
        assert "Outcomes" in text
        pair = next(line for line in lines if "dense          → wanda 50 %" in line)
        assert "*" in pair


async def test_brackets_move_the_mark_of_the_variant_that_is_looked_at(saved: Path) -> None:
    async with opened(saved=saved) as it:
        await it.press("v")
        await it.until(lambda: "▸ wanda 30 %" in page(it, SummaryScreen))
        await it.press("right_square_bracket")
        assert "▸ wanda 40 %" in page(it, SummaryScreen)
        assert "wanda 40 % against dense" in page(it, SummaryScreen)


async def test_a_run_of_one_variant_has_no_overview() -> None:
    async with opened() as it:
        await it.press("v")
        await it.until(lambda: "Outcomes" in page(it, SummaryScreen))
        assert page(it, SummaryScreen).startswith("Outcomes")
        assert "Accuracy over sparsity" not in page(it, SummaryScreen)
        assert "Between the variants" not in page(it, SummaryScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_an_item_has_a_row_for_every_variant(saved: Path, size: tuple[int, int]) -> None:
    async with opened(saved=saved, size=size) as it:
        scored = it.screen.current
        assert scored is not None
        await it.press("u")
        text = page(it, VariantsScreen)
        places = [text.index(label) for label in LABELS]
        assert places == sorted(places)
        assert "↩ beam 2" in text[places[3] : places[4]]
        assert text.count("↩") == 1
        for name, place in zip(("dense", *GRADED), places, strict=True):
            gold = scored.scores[name].gold
            assert gold is not None
            part = text[place : place + (5 * size[0] if size[0] < 110 else 2 * size[0])]
            assert str(gold.rank) in part
        await it.press("escape")
        assert it.app.screen is it.screen


async def test_next_and_previous_keep_to_the_inspectors_filter_and_order(saved: Path) -> None:
    async with opened(saved=saved) as it:
        await it.press("right_square_bracket", "right_square_bracket", "1", "u")
        shown = [it.screen.state.ids[number] for number in it.table.numbers]
        assert 2 < len(shown) < it.screen.state.scored
        assert it.current_id == shown[0]
        await it.press("n", "n")
        assert it.current_id == shown[2]
        assert it.screen.current is not None
        await it.press("p")
        assert it.current_id == shown[1]
        await it.press("p", "p")
        assert it.current_id == shown[0]
        assert f"1 of {len(shown)}" in title(it)
        await it.press("n")
        assert f"2 of {len(shown)}" in title(it)
        await it.press("escape")
        assert it.current_id == shown[1]


def title(it: Opened) -> str:
    lines = it.app.screen.query_one("#title").render_line(0)
    return "".join(segment.text for segment in lines)


async def test_a_recovery_that_comes_while_the_screen_is_open_is_shown() -> None:
    scored = scored_items(20, (WANDA,))
    async with opened(ScriptedEngine(scored)) as it:
        await it.press("b", "u")
        await it.until(lambda: "↩ beam 2" in page(it, VariantsScreen))


async def test_a_row_for_every_variant_can_be_exported(saved: Path, tmp_path: Path) -> None:
    async with opened(saved=saved) as it:
        count = it.screen.state.scored
        await it.press("e")
        assert isinstance(it.app.screen, ExportScreen)
        it.app.screen.query_one("#path", Input).value = str(tmp_path / "long.csv")
        await it.press("tab", "enter", "down", "enter")
        assert it.app.screen.query_one("#long", Select).value is True
        await it.press("shift+tab", "enter")
        await it.until(lambda: it.app.screen is it.screen)
        assert pl.read_csv(tmp_path / "long.csv").height == count * len(LABELS)


async def test_one_variant_leaves_nothing_to_choose_in_the_export() -> None:
    async with opened() as it:
        await it.press("e")
        assert not it.app.screen.query("#long")


@pytest.mark.parametrize("width", [40, 76, 109, 110, 195])
def test_rows_fit_whatever_the_text_is(width: int) -> None:
    for scored in graded_items():
        rows = [
            VariantRow(name, "lost", score, [redecode(scored, name, Beam())])
            for name, score in scored.scores.items()
        ]
        rows.append(VariantRow("[b]\x1b checkpoint " * 9, None, Score(), []))
        assert all(width_of(line) <= width for line in item_lines(rows, width))
