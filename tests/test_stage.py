"""The stage: which items come, what one key tells, and how one leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from engine.records.decodings.beam import Beam
from engine.records.decodings.one_shot import OneShot
from engine.runs.log import RunLog
from engine.runs.reading import read_manifest
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import (
    DENSE,
    WANDA,
    judgement,
    manifest,
    redecode,
    scored_items,
)
from tests.scripted_client import ScriptedEngine, engine_factory
from tests.stage_helpers import demoted, staged_run
from tui.drawing.lines import width_of
from tui.drawing.scenes import beats
from tui.drawing.stage_lines import stage_lines
from tui.screens.stage import StageScreen
from tui.stage import StageApp
from tui.state.saved import saved_state
from tui.state.session import SavedRun
from tui.state.staging import programme, scene
from tui.state.state import RunState

SIZES = [(80, 24), (120, 34)]


def state_of(directory: Path) -> RunState:
    return saved_state(directory, lambda *_: None)


# -- what comes -------------------------------------------------------------------------------


def test_only_items_come_that_a_stored_decoding_brings_back(tmp_path: Path) -> None:
    back = staged_run(tmp_path / "run")
    shown = programme(state_of(tmp_path / "run"))
    assert (shown.variant, shown.lacking) == (WANDA, None)
    assert set(shown.ids) == set(back)


def test_without_a_recovery_the_demoted_items_come_and_it_says_what_to_do(tmp_path: Path) -> None:
    staged_run(tmp_path / "run", back=0)
    state = state_of(tmp_path / "run")
    shown = programme(state)
    assert shown.lacking == "recoveries"
    assert set(shown.ids) == {one.item.id for one in demoted(list(state.items.values()))}
    told = beats(scene(state, shown.ids[0], WANDA))
    assert told[-1].text == "not tried yet"
    below = "".join(text for line in told[-1].below(70, False) for text, _ in line)
    assert "--recover beam=8,sample=16,one-shot" in below


def test_the_most_striking_comes_first(tmp_path: Path) -> None:
    staged_run(tmp_path / "run", back=10)
    state = state_of(tmp_path / "run")
    values = [state.values(item_id, WANDA)["striking"] for item_id in programme(state).ids]
    told = [value for value in values if isinstance(value, float)]
    assert len(told) == 10
    assert told == sorted(told, reverse=True)


def test_a_run_whose_answers_all_stay_has_nothing_to_show(tmp_path: Path) -> None:
    scored = [
        msgspec.structs.replace(one, scores={**one.scores, WANDA: one.scores[DENSE]})
        for one in scored_items(5, hostile=False)
    ]
    staged_run(tmp_path / "run", scored, back=0)
    shown = programme(state_of(tmp_path / "run"))
    assert (shown.ids, shown.lacking) == ((), "demoted")


def test_a_failed_decoding_is_told_beside_the_one_that_helped(tmp_path: Path) -> None:
    scored = scored_items(34)
    first = demoted(scored)[0]
    failed = redecode(first, WANDA, OneShot())
    wrong = msgspec.structs.replace(
        failed.hypotheses[0], text="a city", judgement=judgement("a city", first.item.gold)
    )
    with RunLog.open(tmp_path / "run", manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
        log.append_redecode(redecode(first, WANDA, Beam()))
        log.append_redecode(msgspec.structs.replace(failed, hypotheses=(wrong,)))
    last = beats(scene(state_of(tmp_path / "run"), first.item.id, WANDA))[-1]
    assert last.text == f"✓ {first.item.gold}"
    below = ["".join(text for text, _ in line).strip() for line in last.below(70, False)]
    assert any(line.startswith("✗ one-shot did not bring it back") for line in below)


@pytest.mark.parametrize("size", [*SIZES, (200, 50), (40, 12), (20, 10)])
def test_every_beat_of_every_item_fits_every_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    """Hostile and right-to-left text, long answers, scores that are missing."""
    staged_run(tmp_path / "run")
    state = state_of(tmp_path / "run")
    for item_id in state.ids:
        told = beats(scene(state, item_id, WANDA))
        for number in range(len(told)):
            lines = stage_lines(told[: number + 1], 1, "1 of 9", "a model", *size)
            assert len(lines) == size[1]
            for line in lines:
                assert width_of(line) <= size[0], (item_id, number, line)
                assert all("\x1b" not in text and "\n" not in text for text, _ in line)


# -- on the screen ----------------------------------------------------------------------------


def board(screen: StageScreen) -> str:
    return drawn(screen.query_one("#stage"))


def stage_of(it: Opened) -> StageScreen:
    screen = it.app.screen
    assert isinstance(screen, StageScreen)
    return screen


@asynccontextmanager
async def alone(run: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Opened]:
    """The app of `illusion-tui stage`."""
    engine = ScriptedEngine([])
    app = StageApp(SavedRun(run), engine_factory(engine))
    async with app.run_test(size=size) as pilot:
        it = Opened(app, pilot, engine)
        await it.until(lambda: stage_of(it).item_id is not None)
        yield it


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_one_key_tells_an_item_to_its_end_and_goes_on_to_the_next(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    staged_run(tmp_path / "run")
    async with alone(tmp_path / "run", size) as it:
        screen = stage_of(it)
        first = screen.item_id
        assert "the question" in board(screen)
        for words in ("✓ right", "✗ wrong", "picks the right one:  ✓ right", "→", "brought back"):
            await it.press("space")
            assert words in board(screen)
            assert all(cell_len(line) <= size[0] for line in board(screen).splitlines())
        assert len(screen.told) == screen.whole
        await it.press("right")
        assert screen.item_id != first
        assert len(screen.told) == 1
        await it.press("left")
        assert (screen.item_id, len(screen.told)) == (first, screen.whole)
        await it.press("left")
        assert len(screen.told) == screen.whole - 1


async def test_the_ends_hold(tmp_path: Path) -> None:
    staged_run(tmp_path / "run")
    async with alone(tmp_path / "run") as it:
        screen = stage_of(it)
        await it.press("left", "p")
        assert len(screen.told) == 1
        assert "1 of 3" in board(screen)
        await it.press("n", "n", "n", *["space"] * 20)
        assert "3 of 3" in board(screen)
        assert len(screen.told) == screen.whole


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_leaving_ends_the_command(tmp_path: Path, key: str) -> None:
    staged_run(tmp_path / "run")
    async with alone(tmp_path / "run") as it:
        await it.press(key)
        await it.until(lambda: not it.app.is_running)
    assert it.app.return_code == 0
    assert it.engine.sent == []


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_from_the_inspector_it_opens_on_the_item_under_the_cursor(
    tmp_path: Path, key: str
) -> None:
    back = staged_run(tmp_path / "run")
    async with opened(saved=tmp_path / "run", size=(120, 34)) as it:
        wanted = back[-1]
        it.table.go_to(it.app.session.state.ids.index(wanted))
        await it.press("S")
        assert stage_of(it).item_id == wanted
        await it.press("space", key)
        assert it.app.screen is it.screen


async def test_a_demoted_item_under_the_cursor_comes_also_where_nothing_brought_it_back(
    tmp_path: Path,
) -> None:
    back = staged_run(tmp_path / "run", back=1)
    other = demoted(scored_items(34))[1].item.id
    async with opened(saved=tmp_path / "run", size=(120, 34)) as it:
        it.table.go_to(it.app.session.state.ids.index(other))
        await it.press("S")
        assert stage_of(it).item_id == other
        await it.press(*["space"] * 5)
        assert "this run holds no re-decode" in board(stage_of(it))
        await it.press("n")
        assert stage_of(it).item_id == back[0]


async def test_it_follows_the_size_and_the_theme(tmp_path: Path) -> None:
    staged_run(tmp_path / "run")
    async with alone(tmp_path / "run", (120, 34)) as it:
        await it.press("space", "ctrl+t")
        assert it.app.theme == "illusion-light"
        large = board(stage_of(it))
        await it.pilot.resize_terminal(80, 24)
        await it.until(lambda: len(board(stage_of(it)).splitlines()) == 24)
        assert "✓ right" in board(stage_of(it))
        assert board(stage_of(it)) != large


async def test_an_empty_run_says_so(tmp_path: Path) -> None:
    scored = scored_items(3, hostile=False)
    with RunLog.open(tmp_path / "run", manifest(3), [one.item for one in scored]):
        pass
    assert read_manifest(tmp_path / "run").items.count == 3
    async with opened(saved=tmp_path / "run", size=(80, 24), wait=False) as it:
        await it.until(lambda: it.app.session.state.manifest is not None)
        await it.press("S")
        assert "no item is scored yet" in board(stage_of(it))
        await it.press("space", "n", "left", "escape")
        assert it.app.screen is it.screen
