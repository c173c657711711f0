"""Opening the inspector at an item, with a filter and in an order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from engine.records.protocol import ItemPreviewed, ItemScored
from engine.records.settings import Settings
from engine.runs.log import RunLog
from tests.app_helpers import Opened, drawn
from tests.cli_helpers import run_cli
from tests.inspector_fixtures import WANDA, manifest, scored_items
from tests.scripted_client import ScriptedEngine, engine_factory
from tui.app import InspectorApp
from tui.state.saved_filters import save_filter
from tui.state.session import LiveRun, SavedRun
from tui.state.start import Start, start_of

SCORED = scored_items(30, hostile=False)
LAST = SCORED[-1].item.id


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("start") / "run"
    with RunLog.open(directory, manifest(30), [one.item for one in SCORED]) as log:
        log.append_scored(SCORED)
    return directory


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--filter", "rnak>3"], "perhaps rank"),
        (["--filter", "@none"], "no filter is saved as '@none'"),
        (["--sort", "rank,-dens_p"], "perhaps dense_p"),
        (["--item", f"{LAST}x"], f"the run has no item '{LAST}x'"),
        (["--filter", "rank>3", "--sort", "-dense_p", "--item", LAST], "needs a terminal"),
    ],
)
def test_a_wrong_beginning_is_one_error_and_status_2(
    run: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = run_cli(tmp_path, "open", run, *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) == 2


def test_the_bare_command_takes_them_too_and_others_do_not(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "--sort", "rnak")
    assert (done.returncode, "perhaps rank" in done.stderr) == (2, True)
    done = run_cli(tmp_path, "open", "--item", "x")
    assert (done.returncode, "Name the run" in done.stderr) == (2, True)
    done = run_cli(tmp_path, "--filter", "rank>3", "runs")
    assert (done.returncode, "stand before 'runs'" in done.stderr) == (2, True)


@asynccontextmanager
async def begun(
    source: LiveRun | SavedRun, engine: ScriptedEngine, start: Start
) -> AsyncIterator[Opened]:
    app = InspectorApp(source, engine_factory(engine), start)
    async with app.run_test(size=(120, 36)) as pilot:
        yield Opened(app, pilot, engine)


@pytest.mark.parametrize(("number", "shown"), [(2, True), (6, False)])
async def test_a_saved_run_begins_where_it_is_told_to(run: Path, number: int, shown: bool) -> None:
    save_filter("english", "lang:en")
    english = [place for place, one in enumerate(SCORED) if one.item.language == "en"]
    start = start_of("@english", "outcome,-rank", SCORED[number].item.id)
    async with begun(SavedRun(run), ScriptedEngine([]), start) as it:
        await it.until(lambda: sorted(it.table.numbers) == english)
        assert (it.table.number == number) is shown
        note = drawn(it.screen.query_one("#outcomes"))
        assert ("without" in note) is not shown
        assert "▼2" in drawn(it.table).splitlines()[0]


@pytest.mark.parametrize("moved", [False, True])
async def test_an_item_that_comes_later_is_gone_to_unless_somebody_moves_before(
    moved: bool,
) -> None:
    engine = ScriptedEngine([])
    source = LiveRun(Settings(recipes=(WANDA,)), "runs/here")
    unscored = [msgspec.structs.replace(one, scores={}) for one in SCORED]
    async with begun(source, engine, start_of("choice:right", None, LAST)) as it:
        await it.until(lambda: bool(engine.sent))
        engine.emit(*(ItemPreviewed(scored=one) for one in unscored))
        await it.until(lambda: it.table.awaited is not None)
        engine.emit(*(ItemScored(scored=one) for one in SCORED[:10]))
        await it.until(lambda: it.table.count > 1)
        if moved:
            await it.press("down")
        engine.emit(*(ItemScored(scored=one) for one in SCORED[10:]))
        await it.until(lambda: it.app.session.state.scored == len(SCORED))
        await it.until(lambda: it.tabulated and 29 in it.table.numbers)
        assert (it.table.number == 29) is not moved


async def test_an_item_that_a_run_turns_out_not_to_have_is_told_of() -> None:
    source = LiveRun(Settings(recipes=(WANDA,)), "runs/here")
    async with begun(source, ScriptedEngine(SCORED), Start(item_id="[/no]")) as it:
        notes = it.app._notifications
        await it.until(lambda: any("no item '[/no]'" in note.message for note in notes))
