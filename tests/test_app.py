"""The inspector on scripted engines: what a person sees, and what is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input

from engine.records.decodings.beam import Beam
from engine.records.protocol import (
    Decode,
    Failed,
    ItemPreviewed,
    ItemScored,
    Notice,
    OpenRun,
    Progress,
    ScoringPaused,
    SetScoring,
    StartRun,
)
from engine.records.settings import Settings
from engine.runs.log import RunLog
from tests.app_helpers import drawn, opened
from tests.inspector_fixtures import WANDA, manifest, redecode, scored_items
from tests.scripted_client import ScriptedEngine
from tui.screens.inspect import InspectScreen
from tui.state.state import Change
from tui.widgets.failure import FailurePanel
from tui.widgets.paint import Sheet

# -- a run that is being scored ---------------------------------------------------------------


async def test_the_first_frame_is_up_before_the_engine_says_anything() -> None:
    async with opened(ScriptedEngine([]), wait=False) as it:
        assert isinstance(it.app.screen, InspectScreen)
        assert "Every row will be a question" in drawn(it.table)


async def test_a_live_run_is_started_with_its_settings_and_directory() -> None:
    async with opened() as it:
        settings = Settings(recipes=(WANDA,))
        request = it.engine.sent[0]
        assert isinstance(request, StartRun)
        assert (request.settings, request.directory) == (settings, "runs/here")


async def test_stages_and_scoring_show_their_progress() -> None:
    stage = Progress(stage="prune", detail="block 12 of 30", done=12, total=30, variant=WANDA)
    engine = ScriptedEngine(scored_items(3), stages=[stage], pause_seconds=2.0)
    async with opened(engine, wait=False) as it:
        header = it.screen.query_one("#run")
        await it.until(lambda: "compressing wanda 45 %: block 12 of 30" in drawn(header))
        await it.until(lambda: "scored 1 of 9" in drawn(header))
        await it.until(lambda: "left" in drawn(header))
        assert "SmolLM2-135M-Instruct   wanda 45 %   open 50→50 %" in drawn(header)
        assert "illusion −50" in drawn(header)


async def test_the_cursor_stays_on_its_item_while_rows_come_above_it() -> None:
    scored = scored_items(60, hostile=False)
    engine = ScriptedEngine(scored[:30])
    async with opened(engine) as it:
        await it.until(lambda: it.table.count == 30)
        await it.press("full_stop", "i", *["down"] * 9)
        chosen = it.current_id
        engine.emit(*(ItemScored(scored=one) for one in scored[30:]))
        await it.until(lambda: it.table.count == 60)
        assert it.current_id == chosen


async def test_thousands_of_items_at_once_are_a_handful_of_refreshes() -> None:
    scored = scored_items(3000, hostile=False)
    async with opened(ScriptedEngine(scored, done=3000), wait=False) as it:
        heights: set[int] = set()

        def complete() -> bool:
            heights.add(it.table.count)
            return it.table.count == 3000

        await it.until(complete)
        assert len(heights) < 50


async def test_items_stand_there_before_they_are_scored_and_are_in_no_figure() -> None:
    scored = scored_items(6, hostile=False)
    engine = ScriptedEngine([])
    async with opened(engine, wait=False) as it:
        await it.until(lambda: bool(engine.sent))
        unscored = [msgspec.structs.replace(one, scores={}) for one in scored]
        engine.emit(*(ItemPreviewed(scored=one) for one in unscored))
        await it.until(lambda: it.table.count == len(scored))
        state = it.app.session.state
        assert state.scored == 0
        assert scored[0].item.gold in drawn(it.table)
        halves = [
            msgspec.structs.replace(one, scores={"dense": one.scores["dense"]}) for one in scored
        ]
        engine.emit(*(ItemPreviewed(scored=one) for one in halves))
        await it.until(lambda: it.table.number is not None and it.tabulated)
        assert it.screen.current == halves[0]
        engine.emit(ItemScored(scored=scored[0]))
        await it.until(lambda: state.scored == 1)
        assert it.screen.current == scored[0]
        run = state.run()
        assert run is not None
        assert list(run.scored) == [scored[0].item.id]
        # What is known already is not taken back.
        engine.emit(ItemPreviewed(scored=unscored[0]), ScoringPaused(paused=True))
        await it.until(lambda: state.paused)
        assert it.screen.current == scored[0]


async def test_pause_and_resume_scoring() -> None:
    async with opened(ScriptedEngine(scored_items(30), pause_seconds=0.05)) as it:
        await it.press("p")
        await it.until(lambda: it.app.session.state.paused)
        await it.press("p")
        await it.until(lambda: not it.app.session.state.paused)
        asked = [
            request.paused for request in it.sent(SetScoring) if isinstance(request, SetScoring)
        ]
        assert asked == [True, False]


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_stops_the_engine(key: str) -> None:
    async with opened() as it:
        await it.press(key)
        assert it.engine.returncode == 0
        assert it.app.return_code == 0


# -- finding ----------------------------------------------------------------------------------


async def test_numbers_show_one_outcome_and_zero_shows_all() -> None:
    async with opened() as it:
        total = it.table.count
        outcomes = {"1": "recognition-only", "2": "lost", "3": "kept", "4": "gained", "5": "never"}
        shown = 0
        for key, outcome in outcomes.items():
            await it.press(key)
            assert {it.screen.row(n).outcome for n in it.table.numbers} <= {outcome}
            shown += it.table.count
        assert shown == total
        await it.press("0")
        assert it.table.count == total


async def test_the_filter_narrows_while_typing_and_escape_clears_it() -> None:
    async with opened() as it:
        total = it.table.count
        await it.press("slash", *"Tokyo")
        assert 0 < it.table.count < total
        await it.press("enter")
        assert it.app.focused is it.table
        await it.press("escape")
        assert it.table.count == total
        assert not it.screen.query_one("#filter-bar").display


async def test_a_wrong_filter_says_what_is_wrong_with_it() -> None:
    async with opened(size=(80, 24)) as it:
        await it.press("slash")
        it.screen.query_one("#filter", Input).value = "rank>many"
        await it.pilot.pause()
        assert "'rank>many': 'many' is not a number" in drawn(it.screen.query_one("#filter-note"))


async def test_moving_through_the_items() -> None:
    async with opened() as it:
        numbers = list(it.table.numbers)
        for keys, place in (
            (["down", "j", "j"], 3),
            (["up", "k"], 1),
            (["end"], len(numbers) - 1),
            (["home"], 0),
            (["G"], len(numbers) - 1),
            (["g"], 0),
            (["pagedown"], it.table.page_lines),
            (["pageup"], 0),
        ):
            await it.press(*keys)
            assert it.table.number == numbers[place], keys


async def test_the_details_follow_the_cursor_and_scroll() -> None:
    async with opened(size=(80, 24)) as it:
        question = it.screen.query_one("#question")
        assert "capital of France" in drawn(question)
        await it.press("down")
        assert "capital of Japan" in drawn(question)
        sheet = it.screen.query_one("#variant-sheet")
        await it.press("G", "J", "shift+down")
        assert sheet.scroll_target_y > 0
        await it.press("K", "shift+up")
        assert sheet.scroll_target_y == 0


# -- what goes wrong --------------------------------------------------------------------------


async def test_an_engine_that_dies_is_explained_and_started_again_without_losing_items() -> None:
    scored = scored_items(20, hostile=False)
    first = ScriptedEngine(scored, dies_after=8)
    second = ScriptedEngine(scored, done=8)
    async with opened(first, second) as it:
        panel = it.screen.query_one(FailurePanel)
        await it.until(lambda: panel.display)
        words = drawn(panel)
        assert "killed" in words
        assert "out of memory" in words
        assert "engine.log" in words
        assert it.table.count == 8
        await it.press("down", "down")
        chosen = it.current_id
        await it.press("r")
        await it.until(lambda: it.table.count == 20)
        assert not panel.display
        assert it.current_id == chosen
        opening = [request for engine in (first, second) for request in engine.sent]
        assert all(isinstance(request, StartRun) for request in opening)
        assert len({request.id for request in opening}) == 2


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 50)])
async def test_a_long_failure_leaves_room_for_the_keys(size: tuple[int, int]) -> None:
    async with opened(ScriptedEngine([]), wait=False, size=size) as it:
        it.engine.emit(Failed(message="full " * 200, hint="Make room. " * 90))
        panel = it.screen.query_one(FailurePanel)
        await it.until(lambda: panel.display)
        words = drawn(panel)
        for shown in ("full", "Make room.", "r starts it again", "q quits"):
            assert shown in words
        assert ("…" in words) == (size != (200, 50))


async def test_a_failure_of_the_run_is_shown_with_its_hint() -> None:
    async with opened(ScriptedEngine([]), wait=False) as it:
        it.engine.emit(Failed(message="there is no model 'x[/b]'", hint="try smollm2"))
        panel = it.screen.query_one(FailurePanel)
        await it.until(lambda: panel.display)
        assert "there is no model 'x[/b]'" in drawn(panel)
        assert "try smollm2" in drawn(panel)


async def test_a_notice_is_shown_as_it_is_written() -> None:
    async with opened() as it:
        it.engine.emit(Notice(text="calibration [red]cached[/b]"))
        notes = it.app._notifications
        await it.until(lambda: any("[red]cached[/b]" in note.message for note in notes))


# -- saved runs -------------------------------------------------------------------------------


async def test_a_saved_run_opens_without_an_engine_until_a_re_decode_asks_for_one(
    tmp_path: Path,
) -> None:
    scored = scored_items(12)
    items = [one.item for one in scored]
    with RunLog.open(tmp_path / "run", manifest(len(items)), items) as log:
        log.append_scored(scored[:9])
        log.append_redecode(redecode(scored[0], WANDA, Beam()))
    engine = ScriptedEngine(scored)
    async with opened(engine, saved=tmp_path / "run") as it:
        assert it.table.count == 9
        assert not engine.sent
        assert "beam 2 of 8" in drawn(it.screen.query_one("#decodes"))
        await it.press("down", "b")
        await it.until(lambda: bool(it.app.session.state.results(it.current_id)))
        assert [type(request) for request in engine.sent] == [OpenRun, Decode]


async def test_a_directory_without_a_run_is_explained(tmp_path: Path) -> None:
    async with opened(saved=tmp_path, wait=False) as it:
        panel = it.screen.query_one(FailurePanel)
        await it.until(lambda: panel.display)
        assert str(tmp_path.name) in drawn(panel)


# -- what it stands on ------------------------------------------------------------------------


def test_opening_the_app_imports_no_model_library() -> None:
    program = """
import asyncio, sys
from tests.app_helpers import drawn, opened
from tests.inspector_fixtures import scored_items
from tests.scripted_client import ScriptedEngine
from tui.app import InspectorApp
from tui.process.client import EngineClient
from tui.state.session import LiveRun
from engine.records.settings import Settings

async def main():
    app = InspectorApp(LiveRun(Settings()), lambda: ScriptedEngine(scored_items(5)))
    async with app.run_test() as pilot:
        await pilot.press("v")
        await pilot.pause(1)
        await pilot.press("escape", "x")

asyncio.run(main())
print(sorted({"torch", "transformers", "accelerate", "datasets"} & set(sys.modules)))
"""
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "[]"


async def test_the_details_follow_where_the_run_turns_out_to_have_another_variant(
    tmp_path: Path,
) -> None:
    """A screen may be drawn once before it knows which variants the run has."""
    recipe = "magnitude:0.3"
    items = scored_items(4, (recipe,), hostile=False)
    run = tmp_path / "run"
    with RunLog.open(run, manifest(4, (recipe,)), [scored.item for scored in items]) as log:
        log.append_scored(items)
    async with opened(saved=run) as it:
        await it.until(lambda: it.table.count == 4)
        assert it.screen.variant == recipe
        it.screen.variant = WANDA
        it.screen.draw_item()
        it.screen.changed(~Change.NONE)
        sheet = it.screen.query_one("#variant-sheet", Sheet)
        assert "magnitude 30 %" in str(sheet.border_title)
        assert "no open answer" not in "\n".join(sheet.texts())


def test_the_first_rows_are_drawn_before_polars_is_imported(tmp_path: Path) -> None:
    scored = scored_items(12)
    with RunLog.open(tmp_path / "run", manifest(len(scored)), [one.item for one in scored]) as log:
        log.append_scored(scored)
    program = """
import asyncio, sys
from pathlib import Path
from tui.app import InspectorApp
from tui.process.client import EngineClient
from tui.state.session import SavedRun
from tui.widgets.item_table import ItemTable

HEAVY = {"polars", "jinja2", "scipy", "numpy", "plotext", "pydantic"}
drawn = ItemTable.render_line

def render_line(table, y):
    global early
    if table.count and early is None:
        early = HEAVY & set(sys.modules)
    return drawn(table, y)

async def main():
    app = InspectorApp(SavedRun(Path(sys.argv[1])), EngineClient)
    async with app.run_test() as pilot:
        while not app.session.state.tables.wanted:
            await pilot.pause(0.05)

early = None
ItemTable.render_line = render_line
asyncio.run(main())
print(sorted(early), "polars" in sys.modules)
"""
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    assert done.stdout.strip() == "[] True"
