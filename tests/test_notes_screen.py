"""Star, tag, note, overrule and undo in the inspector, on one item or on all that are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from engine.records.annotations import Annotation, Starred
from engine.records.protocol import ItemScored, Notice, RunOpened
from engine.runs.annotations import AnnotationLog, read_annotations
from engine.runs.log import RunLog
from engine.runs.reading import read_run
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import DENSE, WANDA, manifest, scored_items
from tests.scripted_client import ScriptedEngine
from tui.screens.noting import ForAllScreen, LineScreen
from tui.screens.summary import SummaryScreen
from tui.state import saved as saved_runs
from tui.widgets import browser

SCORED = scored_items(30, hostile=False)
IDS = [one.item.id for one in SCORED]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    with RunLog.open(directory, manifest(len(SCORED)), [one.item for one in SCORED]) as log:
        log.append_scored(SCORED)
    return directory


async def type_line(it: Opened, text: str) -> None:
    await it.until(lambda: isinstance(it.app.screen, LineScreen))
    it.app.screen.query_one(Input).value = text
    await it.press("enter")
    await it.until(lambda: it.app.screen is it.screen)


async def test_a_star_is_in_the_row_and_in_the_file_and_goes_again(run: Path) -> None:
    async with opened(saved=run) as it:
        await it.press("down", "asterisk")
        assert read_annotations(run) == {IDS[1]: Annotation(starred=True)}
        assert drawn(it.table).count("★") == 1
        assert "★" in drawn(it.screen.query_one("#question"))
        await it.press("slash", *"starred", "enter")
        assert list(it.table.numbers) == [1]
        await it.press("asterisk")
        assert read_annotations(run) == {}
        assert it.table.count == 0


async def test_tags_and_a_note_are_typed_and_shown(run: Path) -> None:
    async with opened(saved=run) as it:
        await it.press("number_sign")
        await type_line(it, "loop-ish odd")
        await it.press("number_sign")
        await type_line(it, "-odd")
        await it.press("N")
        await type_line(it, "  see [/b] the \t map ")
        assert read_annotations(run) == {
            IDS[0]: Annotation(tags=("loop-ish",), note="see [/b] the map")
        }
        question = drawn(it.screen.query_one("#question"))
        assert "#loop-ish" in question
        assert "✎ see [/b] the map" in question
        await it.press("N")
        assert it.app.screen.query_one(Input).value == "see [/b] the map"
        await it.press("escape", "number_sign")
        await type_line(it, "a|b")
        notes = [note.message for note in it.app._notifications]
        assert any("'a|b' is not a tag" in message for message in notes)
        await it.press("number_sign", *"lo")
        await it.press("right", "enter")
        assert read_annotations(run)[IDS[0]].tags == ("loop-ish",)


async def test_an_overruled_verdict_counts_and_is_marked_and_goes_again(run: Path) -> None:
    async with opened(saved=run) as it:
        await it.press("1")
        number = it.table.number
        assert number is not None
        count = it.table.count
        await it.press("0")
        while it.table.number != number:
            await it.press("down")
        assert it.screen.row(number).outcome == "recognition-only"
        await it.press("exclamation_mark")
        row = it.screen.row(number)
        assert row.outcome == row.values["outcome"] == "kept"
        assert "✓! " in drawn(it.table)
        details = it.screen.query_one("#variant-sheet")
        assert "right by hand; the judge:" in " ".join(drawn(details).split())
        assert "1 overruled" in drawn(it.screen.query_one("#run"))
        await it.press("1")
        assert it.table.count == count - 1
        await it.press("v")
        page = it.app.screen
        assert isinstance(page, SummaryScreen)
        await it.until(lambda: "1 overruled by hand" in drawn(page.query_one("#title")))
        await it.press("escape", "0", "home")
        while it.table.number != number:
            await it.press("down")
        await it.press("exclamation_mark")
        assert it.screen.row(number).outcome == "recognition-only"
        await it.press("t", "exclamation_mark")
        assert it.screen.row(number).outcome == "never"
        assert read_annotations(run)[IDS[number]].verdicts == {DENSE: False}
    assert read_run(run).scored[IDS[number]] == SCORED[number]


async def test_all_that_are_shown_are_noted_at_once_and_undone_at_once(run: Path) -> None:
    async with opened(saved=run) as it:
        await it.press("1")
        shown = [IDS[number] for number in it.table.numbers]
        await it.press("A")
        await it.until(lambda: isinstance(it.app.screen, ForAllScreen))
        await it.press("number_sign")
        await type_line(it, "check")
        assert read_annotations(run) == {item_id: Annotation(tags=("check",)) for item_id in shown}
        await it.press("A", "asterisk")
        await it.press("A", "N")
        await type_line(it, "all of them")
        await it.press("A", "r")
        assert it.table.count == 0
        assert read_annotations(run)[shown[0]].verdicts == {WANDA: True}
        await it.press("U", "ctrl+z")
        assert it.table.count == len(shown)
        starred = Annotation(starred=True, tags=("check",))
        assert read_annotations(run) == dict.fromkeys(shown, starred)
        await it.press("U", "U", "U")
        assert read_annotations(run) == {}
        await it.press("A", "escape")
        assert it.app.screen is it.screen


async def test_what_was_noted_is_there_when_the_run_is_opened_again(run: Path) -> None:
    async with opened(saved=run) as it:
        await it.press("asterisk", "exclamation_mark")
        outcome = it.screen.row(0).outcome
    async with opened(saved=run) as it:
        assert it.screen.row(0).outcome == outcome
        assert "★" in drawn(it.table)
        await it.press("U", "U")
        assert read_annotations(run) == {}


async def test_a_run_that_is_being_scored_takes_notes_too(run: Path) -> None:
    engine = ScriptedEngine(SCORED, done=30)
    async with opened(engine) as it:
        engine.emit(
            RunOpened(directory=str(run), manifest=manifest(len(SCORED)), items=30, done=30)
        )
        await it.until(lambda: it.app.session.state.directory == str(run))
        await it.press("exclamation_mark")
        right = it.screen.row(0).variant.open
        assert right is not None
        assert right.overruled
        engine.emit(ItemScored(scored=SCORED[0]), Notice(text="again"))
        told = it.app._notifications
        await it.until(lambda: any(note.message == "again" for note in told))
        assert it.screen.row(0).variant.open == right
    assert list(read_annotations(run)) == [IDS[0]]


async def test_what_another_app_notes_comes_by_itself(run: Path) -> None:
    async with opened(saved=run) as it:
        AnnotationLog(run).append(Starred(items=(IDS[2],), starred=True))
        it.screen.look()
        await it.pilot.pause()
        assert "★" in drawn(it.table)
        await it.press("U")
        assert list(read_annotations(run)) == [IDS[2]]


async def test_a_run_on_another_machine_says_why_it_takes_no_notes() -> None:
    async with opened() as it:
        await it.press("asterisk")
        notes = [note.message for note in it.app._notifications]
        assert any("on this machine" in message for message in notes)
        assert "★" not in drawn(it.table)


async def test_another_run_at_the_same_path_on_this_machine_gets_none_of_them(run: Path) -> None:
    engine = ScriptedEngine(SCORED, done=30)
    there = replace(manifest(len(SCORED)), created="2020-01-01T00:00:00+00:00")
    async with opened(engine) as it:
        engine.emit(RunOpened(directory=str(run), manifest=there, items=30, done=30))
        await it.until(lambda: it.app.session.state.directory == str(run))
        await it.press("asterisk")
        assert any("on this machine" in note.message for note in it.app._notifications)
    assert not read_annotations(run)


async def test_a_large_run_is_noted_like_a_small_one(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_runs, "LARGE_BYTES", 0)
    monkeypatch.setattr(browser, "AT_ONCE", 0)
    log = AnnotationLog(run)
    log.append(Starred(items=tuple(IDS[3:9]), starred=True))
    async with opened(saved=run, wait=False) as it:
        await it.until(lambda: it.table.number is not None and it.tabulated)
        await it.press("slash", *"starred", "enter")
        await it.until(lambda: list(it.table.numbers) == [3, 4, 5, 6, 7, 8])
        before = it.screen.row(3).outcome
        await it.press("exclamation_mark")
        assert it.screen.row(3).outcome != before
        state = it.app.session.state
        assert state.frame(WANDA)["outcome"][3] == it.screen.row(3).outcome
        with monkeypatch.context() as patched:
            patched.setattr("tui.state.annotations.MOST_AT_ONCE", 5)
            await it.press("A", "asterisk")
        notes = [note.message for note in it.app._notifications]
        assert any("at most 5 are noted at once" in message for message in notes)
