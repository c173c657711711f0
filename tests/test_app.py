"""The inspector on scripted engines: what a person sees, and what is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Input, Select, Static

from engine.analysis.recovered import recovery_sentence
from engine.records.decodings.beam import Beam
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.one_shot import OneShot
from engine.records.decodings.sample import Sample
from engine.records.protocol import (
    Cancel,
    Decode,
    Failed,
    ItemScored,
    Notice,
    OpenRun,
    Progress,
    SetScoring,
    StartRun,
)
from engine.records.settings import Settings
from engine.runs.log import RunLog
from tests.app_helpers import drawn, opened
from tests.inspector_fixtures import (
    DENSE,
    WANDA,
    ScriptedEngine,
    manifest,
    redecode,
    scored_items,
)
from tui.acting import Acting
from tui.app import InspectorApp
from tui.screens.export import ExportScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.lab import LabScreen
from tui.screens.page import PageScreen
from tui.screens.summary import SummaryScreen
from tui.screens.xray import XRayScreen
from tui.themes import THEMES
from tui.widgets.browser import ItemBrowser
from tui.widgets.failure import FailurePanel
from tui.widgets.item_table import ItemTable

OTHER = "wanda:0.6"


# -- a run that is being scored ---------------------------------------------------------------


async def test_the_first_frame_is_up_before_the_engine_says_anything() -> None:
    async with opened(ScriptedEngine([]), wait=False) as it:
        assert isinstance(it.app.screen, InspectScreen)
        assert "items appear here" in drawn(it.table)


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
        await it.until(lambda: "compressing: block 12 of 30" in drawn(header))
        await it.until(lambda: "scored 1 of 9" in drawn(header))
        await it.until(lambda: "left" in drawn(header))
        assert "SmolLM2-135M-Instruct   wanda 45 %   cpu bfloat16" in drawn(header)


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
        assert "'rank>many' compares" in drawn(it.screen.query_one("#filter-note"))


async def test_sorting_by_keys_and_by_a_header() -> None:
    async with opened() as it:
        keys = [column.key for column in it.table.columns]
        await it.press("greater_than_sign")
        assert it.screen.browser.ordering.key == keys[0]
        await it.press("less_than_sign", "comma")
        assert it.screen.browser.ordering.key == keys[-1]
        values = [it.screen.row(n).variant.gold for n in it.table.numbers]
        probabilities = [gold.probability for gold in values if gold]
        assert probabilities == sorted(probabilities)
        await it.press("i")
        assert it.screen.browser.ordering.descending
        ranks = sum(it.table.widths[: keys.index("gold_rank")]) + 2 * keys.index("gold_rank")
        await it.pilot.click(ItemTable, offset=(ranks + 4, 0))
        assert it.screen.browser.ordering.key == "gold_rank"


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


# -- re-decoding ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "decoding"), [("b", Beam()), ("s", Sample()), ("o", OneShot(example=None))]
)
async def test_one_key_re_decodes_the_item_and_its_result_stays(
    key: str, decoding: Decoding
) -> None:
    async with opened() as it:
        chosen = it.current_id
        await it.press(key)
        await it.until(lambda: bool(it.app.session.state.results(chosen)))
        request = it.sent(Decode)[0]
        assert isinstance(request, Decode)
        assert (request.item_id, request.variants) == (chosen, (WANDA,))
        assert request.decoding == decoding
        sentence = recovery_sentence(it.app.session.state.results(chosen)[0])
        await it.press("down", "up")
        assert sentence in drawn(it.screen.query_one("#decodes"))
        await it.press("slash", *"recovered:yes", "enter")
        assert it.table.count == 1


async def test_the_target_goes_from_variant_to_reference_to_both() -> None:
    async with opened() as it:
        for expected in ((DENSE,), (DENSE, WANDA), (WANDA,)):
            await it.press("t", "b")
            request = it.sent(Decode)[-1]
            assert isinstance(request, Decode)
            assert request.variants == expected


@pytest.mark.parametrize("key", ["c", "escape"])
async def test_a_running_re_decode_shows_its_steps_and_can_be_cancelled(key: str) -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("b")
        board = it.screen.query_one("#decodes")
        await it.until(lambda: "step 8 of 24" in drawn(board))
        await it.press(key)
        await it.until(lambda: "cancelled" in drawn(board))
        assert len(it.sent(Cancel)) == 1


async def test_the_same_re_decode_is_asked_for_once_while_it_runs() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("b", "b", "s", "tab", "down", "b")
        kinds = [request.decoding for request in it.sent(Decode) if isinstance(request, Decode)]
        assert kinds == [Beam(), Sample(), Beam()]


async def test_a_re_decode_that_fails_says_so_where_it_was_asked_for() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("b")
        request = it.sent(Decode)[0]
        assert isinstance(request, Decode)
        it.engine.emit(Failed(id=request.id, message="too wide for this device"))
        board = it.screen.query_one("#decodes")
        await it.until(lambda: "too wide for this device" in drawn(board))


async def test_the_lab_asks_for_what_its_form_says() -> None:
    async with opened() as it:
        await it.press("enter")
        lab = it.app.screen
        assert isinstance(lab, LabScreen)
        lab.query_one("#kind", Select).value = "sample"
        await it.pilot.pause()
        for name, value in (
            ("count", "4"),
            ("temperature", "0.7"),
            ("top_p", "0.9"),
            ("seed", "3"),
        ):
            lab.query_one(f"#sample-{name} Input", Input).value = value
        lab.query_one("#target", Select).value = "both"
        await it.press("ctrl+r")
        request = it.sent(Decode)[0]
        assert isinstance(request, Decode)
        assert request.decoding == Sample(count=4, temperature=0.7, top_p=0.9, seed=3)
        assert request.variants == (DENSE, WANDA)
        results = lab.query_one("#results")
        await it.until(lambda: drawn(results).count("temperature 0.7") == 2)
        await it.press("escape")
        assert it.app.screen is it.screen


async def test_the_lab_refuses_what_makes_no_sense_and_cancels() -> None:
    async with opened(ScriptedEngine(scored_items(10), hold=True)) as it:
        await it.press("enter")
        lab = it.app.screen
        lab.query_one("#beam-width Input", Input).value = "0"
        await it.press("ctrl+r")
        assert not it.sent(Decode)
        error = lab.query_one("#lab-error", Static)
        assert str(error.render()) == "beam: width '0' is not a whole number, 1 to 256"
        lab.query_one("#beam-width Input", Input).value = "4"
        await it.press("ctrl+r", "ctrl+n")
        assert len(it.sent(Cancel)) == 1


# -- looking closer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "screen", "words"),
    [
        ("x", XRayScreen, "token by token"),
        ("v", SummaryScreen, "with 95 % intervals"),
        ("question_mark", HelpScreen, "recognition-only"),
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_pages_open_and_close(
    key: str, screen: type[PageScreen], words: str, size: tuple[int, int]
) -> None:
    async with opened(size=size) as it:
        await it.press(key)
        page = it.app.screen
        assert isinstance(page, screen)
        await it.until(lambda: any(words in text for text in page.texts()))
        await it.press("escape")
        assert it.app.screen is it.screen


async def test_the_summary_says_what_zeros_do_not_do() -> None:
    async with opened() as it:
        await it.press("v")
        page = it.app.screen
        assert isinstance(page, SummaryScreen)
        await it.until(lambda: "save neither time nor memory" in " ".join(page.texts()))


async def test_brackets_switch_between_variants() -> None:
    async with opened(recipes=(WANDA, OTHER)) as it:
        assert "1 of 2" in drawn(it.screen.query_one("#run"))
        await it.press("right_square_bracket")
        assert it.screen.variant == OTHER
        await it.press("v")
        page = it.app.screen
        assert isinstance(page, SummaryScreen)
        await it.press("right_square_bracket")
        assert page.variant == WANDA
        await it.press("escape", "left_square_bracket")
        assert it.screen.variant == WANDA


async def test_export_writes_what_the_filter_shows(tmp_path: Path) -> None:
    async with opened() as it:
        await it.press("1")
        count = it.table.count
        await it.press("e")
        assert isinstance(it.app.screen, ExportScreen)
        it.app.screen.query_one("#path", Input).value = str(tmp_path / "run.nonsense")
        await it.press("enter")
        await it.pilot.pause(0.1)
        assert isinstance(it.app.screen, ExportScreen)
        it.app.screen.query_one("#path", Input).value = str(tmp_path / "run.csv")
        await it.press("enter")
        await it.until(lambda: it.app.screen is it.screen)
        assert (tmp_path / "run.csv").read_text().count("recognition-only") == count


async def test_copying_an_item_gives_its_raw_text() -> None:
    async with opened() as it:
        await it.press("y")
        assert "question: What is the capital of France?" in it.app.clipboard


async def test_the_theme_changes() -> None:
    async with opened() as it:
        seen = [it.app.theme]
        for _ in THEMES:
            await it.press("ctrl+t")
            seen.append(it.app.theme)
        assert set(seen) == set(THEMES)


async def test_the_palette_lists_every_action_of_the_inspector() -> None:
    async with opened() as it:
        titles = [command.title for command in it.app.get_system_commands(it.screen)]
        openings = [screen.OPENS.action for screen in it.app.SCREEN_CLASSES if screen.OPENS]
        own = (InspectScreen, ItemBrowser, ItemTable, InspectorApp)
        for action in (*openings, *(action for owner in own for action in owner.all_actions())):
            if action.name != "command_palette":
                assert f"{action.title}  ({action.key_text})" in titles
        await it.press("ctrl+p")
        assert it.app.screen is not it.screen


def test_every_declared_action_has_a_method_and_a_key_of_its_own() -> None:
    screens = InspectorApp.SCREEN_CLASSES
    owners: list[type[Acting]] = [InspectorApp, *screens]
    owners += [widget for screen in screens for widget in screen.WIDGETS]
    for owner in owners:
        actions = owner.all_actions()
        for action in actions:
            method = f"action_{action.name.partition('(')[0]}"
            assert callable(getattr(owner, method, None)), action
        keys = [key for action in actions for key in action.key.split(",")]
        assert len(keys) == len(set(keys)), owner


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
        assert "brought back by beam 2" in drawn(it.screen.query_one("#decodes"))
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
from tests.inspector_fixtures import ScriptedEngine, scored_items
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
