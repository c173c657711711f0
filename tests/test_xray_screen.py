"""The x-ray screen: a tab an instrument, applied when it is opened, shown from what the run has."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from engine.records.instruments.fork import Fork
from engine.records.instruments.instrument import Instrument
from engine.records.instruments.patch import Patch
from engine.records.instruments.registry import instruments
from engine.records.instruments.slider import Slider
from engine.records.protocol import Cancel, Probe
from engine.runs.log import RunLog
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import WANDA, finding, manifest, scored_items
from tests.scripted_client import ScriptedEngine
from tui.screens.xray import XRayScreen

SIZES = [(80, 24), (120, 34), (200, 50)]
WORDS = {
    "depth": "sinks most",
    "restore": "when a part is dense again",
    "fork": "completes itself",
    "along": "Where they part",
    "slider": "rank of",
    "patch": "share of the way",
}


def page_of(it: Opened) -> XRayScreen:
    page = it.app.screen
    assert isinstance(page, XRayScreen)
    return page


def says(page: XRayScreen, words: str) -> bool:
    return any(words in text for text in page.texts())


def asked(it: Opened) -> list[Instrument]:
    return [request.instrument for request in it.sent(Probe) if isinstance(request, Probe)]


async def test_the_next_item_is_looked_into_in_the_same_way() -> None:
    async with opened() as it:
        first = it.current_id
        await it.press("x", "d")
        page = page_of(it)
        await it.until(partial(says, page, WORDS["depth"]))
        await it.press("n")
        await it.until(lambda: len(asked(it)) == 2)
        assert it.current_id != first
        assert it.current_id in drawn(page.query_one("#title"))
        await it.press("N")
        assert it.current_id == first
        await it.until(partial(says, page, WORDS["depth"]))
        assert len(asked(it)) == 2


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_key_applies_an_instrument_and_shows_what_it_found(size: tuple[int, int]) -> None:
    async with opened(size=size) as it:
        await it.press("x")
        page = page_of(it)
        for kind in instruments().values():
            await it.press(kind.key)
            await it.until(partial(says, page, WORDS[kind.name]))
            assert "\x1b" not in "".join(page.texts())
            assert f"[{kind.key} {kind.name}" in drawn(page.query_one("#tabs"))
        assert [type(one) for one in asked(it)] == [type(one) for one in instruments().values()]
        await it.press("d", "r", "x", "d")
        assert len(asked(it)) == len(instruments())


async def test_what_a_saved_run_holds_is_shown_without_an_engine(tmp_path: Path) -> None:
    scored = scored_items(12)
    run = tmp_path / "run"
    with RunLog.open(run, manifest(len(scored)), [each.item for each in scored]) as log:
        log.append_scored(scored)
        for kind in instruments().values():
            log.append_findings([finding(each, WANDA, kind) for each in scored])
    async with opened(saved=run) as it:
        await it.press("x")
        page = page_of(it)
        for key, name in (("d", "depth"), ("r", "restore"), ("f", "fork"), ("a", "along")):
            await it.press(key)
            await it.until(partial(says, page, WORDS[name]))
        assert not it.sent(Probe)
        assert not it.app.session.running


async def test_the_arrows_move_the_slider_and_its_curve_grows() -> None:
    async with opened() as it:
        await it.press("x", "s")
        page = page_of(it)
        await it.until(lambda: says(page, "at 45 %"))
        await it.press("right", "right", "left")
        await it.until(lambda: says(page, "at 50 %"))
        percents = [one.percent for one in asked(it) if isinstance(one, Slider)]
        assert percents[0] == 45
        assert set(percents) >= {45, 50}
        points = sum(text.count("●") for text in page.texts())
        await it.press("s")
        await it.until(lambda: sum(text.count("●") for text in page.texts()) > points)
        assert asked(it)[-1] == Slider()


async def test_an_answer_is_forked_where_the_cursor_stands() -> None:
    async with opened() as it:
        await it.press("x", "f")
        page = page_of(it)
        await it.until(lambda: says(page, WORDS["fork"]))
        await it.press("a")
        await it.until(lambda: says(page, WORDS["along"]))
        await it.press("right", "right", "right", "f")
        await it.until(lambda: len(asked(it)) == 3)
        assert asked(it)[-1] == Fork(position=2)


async def test_patch_turns_round_and_a_figure_is_of_all_recognition_only_items() -> None:
    async with opened() as it:
        await it.press("x", "p")
        page = page_of(it)
        await it.until(lambda: says(page, "what suffices"))
        await it.press("p")
        await it.until(lambda: says(page, "what is needed"))
        assert asked(it) == [Patch(), Patch(direction="needed")]
        await it.press("A")
        assert len(asked(it)) == 2
        await it.press("f", "A")
        await it.until(lambda: says(page, "answers complete themselves"))
        many = [one for one in it.sent(Probe) if isinstance(one, Probe) and len(one.item_ids) > 1]
        frame = it.app.session.state.frame(WANDA)
        ids = frame.filter(frame["outcome"] == "recognition-only")["item_id"].to_list()
        assert [list(one.item_ids) for one in many] == [ids]


async def test_an_instrument_at_work_shows_what_it_has_and_is_cancelled() -> None:
    engine = ScriptedEngine(scored_items(12), hold=True)
    async with opened(engine) as it:
        await it.press("x", "r")
        page = page_of(it)
        await it.until(lambda: says(page, "block 1 of 3"))
        assert says(page, WORDS["restore"])
        await it.press("c")
        await it.until(lambda: not says(page, "block 1 of 3"))
        assert it.sent(Cancel)
        await it.press("s", "c", "d")
        assert len(asked(it)) == 3
