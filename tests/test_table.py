"""The item table and the panes under any text: every line has exactly the widget's cells."""

from __future__ import annotations

import random

import msgspec
import pytest
from rich.cells import cell_len

from engine.analysis.rows import pair_row
from engine.records.items import Item
from engine.records.scores import Score, ScoredItem
from engine.records.settings import Settings
from tests.inspector_fixtures import CAPITALS, DENSE, HOSTILE, WANDA, score, scored_items
from tests.scripted_client import ScriptedEngine
from tui.app import InspectorApp
from tui.drawing.layout import layout
from tui.drawing.lines import width_of
from tui.drawing.score_lines import pair_lines, question_lines
from tui.drawing.xray_lines import xray_lines
from tui.state.rows import Row
from tui.state.session import LiveRun
from tui.widgets.item_table import ItemTable

TEXTS = [
    *(text for pair in HOSTILE for text in pair),
    *(text for row in CAPITALS for text in row[1:]),
    "x" * 5000,
    "வணக்கம் " * 600,
    "e" + "\u0301" * 500,
]


def row(text: str) -> Row:
    """A row in which every text is the same."""
    rng = random.Random(1)
    item = Item(
        id=text[:40],
        language="zh-Hans",
        question=text,
        gold=text,
        aliases=(text,),
        options=(text, "b\tc", "[/]"),
        passage=text,
    )
    scores = {
        name: score(rng, item, right=right, choice_right=not right, dense=right)
        for name, right in ((DENSE, True), (WANDA, False))
    }
    scored = ScoredItem(item=item, prompt=text, scores=scores, notes=(text,))
    return Row(
        scored,
        scores[DENSE],
        scores[WANDA],
        "recognition-only",
        values=pair_row(scored, DENSE, WANDA),
    )


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("width", [40, 78, 79, 118, 160, 199, 240])
def test_cells_fill_their_columns_exactly(text: str, width: int) -> None:
    found = layout(width)
    if width >= 78:
        gaps = found.gap * (len(found.columns) - 1)
        assert sum(found.widths) + gaps == width
    bare = msgspec.structs.replace(row(text).scored, scores={})
    empty = Row(bare, Score(), Score(), None, values=pair_row(bare, DENSE, WANDA))
    for one in (row(text), empty):
        for column, cells in zip(found.columns, found.widths, strict=True):
            pieces = column.draw(one, cells)
            assert sum(cell_len(piece) for piece, _ in pieces) <= cells, column.key


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("width", [30, 38, 64, 120])
def test_panes_stay_within_their_width(text: str, width: int) -> None:
    one = row(text)
    lines = [*question_lines(one.scored, width, 1), *question_lines(one.scored, width, 2)]
    for roomy in (True, False):
        left, right = pair_lines(one.reference, one.variant, width, roomy=roomy)
        assert len(left) == len(right)
        lines += left + right
    for line in lines:
        assert width_of(line) <= width, line


@pytest.mark.parametrize("width", [50, 76, 150, 196])
def test_the_x_ray_stays_within_its_width(width: int) -> None:
    for text in TEXTS:
        for line in xray_lines(row(text), ("dense", "wanda 45 %"), width):
            assert width_of(line) <= width, line


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_every_line_of_the_screen_is_as_wide_as_the_screen(size: tuple[int, int]) -> None:
    scored = scored_items(19)
    app = InspectorApp(LiveRun(Settings()), lambda: ScriptedEngine(scored))
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.4)
        for _ in range(len(scored)):
            await pilot.press("down")
            table = app.screen.query_one(ItemTable)
            for y in range(table.size.height):
                strip = table.render_line(y)
                assert sum(cell_len(segment.text) for segment in strip) == table.size.width
                text = "".join(segment.text for segment in strip)
                assert not set(text) & set("\x1b\t\n\r\x00\u202e")
