"""Saved runs that are too large to be decoded as a whole: the same screen, filled by and by."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import polars as pl
import pytest

from engine.analysis.frame import run_frame
from engine.analysis.tabulating import Task, slices_of
from engine.records.decodings.beam import Beam
from engine.records.errors import UserError
from engine.records.protocol import Decode, DecodeFinished
from engine.runs import logged
from engine.runs.index import Span, index_log
from engine.runs.log import RunLog
from engine.runs.reading import LOG, read_run
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import WANDA, manifest, redecode, scored_items
from tests.scripted_client import ScriptedEngine
from tui.process.tabulator import tabulated
from tui.state import saved as saved_runs
from tui.state.saved import saved_state
from tui.state.state import RunState
from tui.widgets import browser
from tui.widgets.failure import FailurePanel

OTHER = "magnitude:0.3"
RECIPES = (WANDA, OTHER)
SCORED = scored_items(1200, RECIPES, hostile=False)


@pytest.fixture(autouse=True)
def every_run_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_runs, "LARGE_BYTES", 0)
    monkeypatch.setattr(browser, "AT_ONCE", 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 1,200 items for two variants; the log has another order, and re-decodes in it."""
    directory = tmp_path_factory.mktemp("large") / "run"
    items = [each.item for each in SCORED]
    with RunLog.open(directory, manifest(len(SCORED), RECIPES), items) as log:
        log.append_scored(SCORED[600:])
        log.append_redecode(redecode(SCORED[700], WANDA, Beam()))
        log.append_scored(SCORED[:600])
        log.append_redecode(redecode(SCORED[7], WANDA, Beam()))
    return directory


def state_of(directory: Path) -> RunState:
    return saved_state(directory, lambda done, total: None)


async def tables(directory: Path, state: RunState) -> None:
    index = index_log(directory / LOG)
    assert isinstance(state.items, logged.LoggedItems)
    slices = slices_of(state.items.places, index.redecodes)
    task = Task(str(directory / LOG), state.reference, state.variants, slices)
    async with aclosing(tabulated(task)) as parts:
        async for part in parts:
            state.tables.extend(part.variant, part.first, pl.read_ipc_stream(part.arrow))


async def test_a_large_run_is_the_same_run(run: Path) -> None:
    state, whole = state_of(run), read_run(run)
    assert state.ids == list(whole.scored)
    assert dict(state.items) == whole.scored
    await tables(run, state)
    for variant in RECIPES:
        assert state.frame(variant).equals(run_frame(whole, variant))
    found = state.run()
    assert found is not None
    assert run_frame(found, OTHER).equals(run_frame(whole, OTHER))
    assert found == state.run()


async def test_what_is_decoded_again_meanwhile_is_in_the_tables(run: Path) -> None:
    state = state_of(run)
    late = redecode(SCORED[1100], WANDA, Beam())
    state.fold(DecodeFinished(redecode=late))
    await tables(run, state)
    recovered = state.frame(WANDA).with_row_index().filter(pl.col("recovered"))
    assert recovered["index"].to_list() == [7, 700, 1100]


async def test_lines_that_moved_are_noticed(run: Path) -> None:
    state = state_of(run)
    assert isinstance(state.items, logged.LoggedItems)
    ids = list(state.items.places)
    swapped: dict[str, Span] = dict(zip(ids, list(state.items.places.values())[::-1], strict=True))
    task = Task(str(run / LOG), state.reference, state.variants, slices_of(swapped, {}))
    async with aclosing(tabulated(task)) as parts:
        with pytest.raises(UserError, match="has changed since it was opened"):
            await anext(parts)


async def complete(it: Opened) -> None:
    await it.until(lambda: it.tabulated and it.app.session.state.stage is None)


async def test_the_first_rows_are_there_before_the_tables_and_everything_works_after(
    run: Path,
) -> None:
    engine = ScriptedEngine(SCORED, RECIPES)
    async with opened(engine, saved=run, wait=False) as it:
        await it.until(lambda: it.table.number is not None)
        assert it.table.count == 1200
        await it.press("down", "down")
        assert it.current_id == SCORED[2].item.id
        await complete(it)
        await it.until(lambda: "saved run, 1,200 items" in drawn(it.screen.query_one("#run")))
        await it.press("1")
        state = it.app.session.state
        demoted = state.frame(WANDA).filter(pl.col("outcome") == "recognition-only").height
        await it.until(lambda: it.table.count == demoted)
        await it.press("0", "slash", *"recovered:yes", "enter")
        await it.until(lambda: list(it.table.numbers) == [7, 700])
        await it.press("home", "b")
        await it.until(
            lambda: len(it.sent(Decode)) == 1 and not state.questions.decodes(it.current_id)
        )
        await it.press("escape", "right_square_bracket")
        await it.until(lambda: it.table.count == 1200)
        assert it.screen.variant == OTHER


async def test_sorting_a_large_run_keeps_the_last_order_that_was_asked_for(run: Path) -> None:
    async with opened(saved=run, wait=False) as it:
        await complete(it)
        await it.press(*["full_stop"] * 3, "i")
        (key,) = it.screen.browser.ordering.keys
        frame = it.app.session.state.frame(WANDA)

        def values() -> list[object]:
            return frame[[*it.table.numbers], key.name].to_list()

        expected = frame[key.name].sort(descending=True, nulls_last=True).to_list()
        await it.until(lambda: values() == expected)
        await it.press(*["comma"] * 3)
        await it.until(lambda: list(it.table.numbers) == list(range(1200)))


async def test_a_damaged_line_is_told_of_and_the_rest_can_be_looked_at(
    run: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "run"
    broken.mkdir()
    for name in ("manifest.json", "items.jsonl", LOG):
        (broken / name).write_bytes((run / name).read_bytes())
    span = index_log(broken / LOG).scored[SCORED[900].item.id]
    with (broken / LOG).open("r+b") as file:
        file.seek(span.start + 500)
        file.write(b'\x00"\x00')
    async with opened(saved=broken, wait=False) as it:
        panel = it.screen.query_one(FailurePanel)
        await it.until(lambda: panel.display)
        assert f"line {span.line} is damaged" in drawn(panel)
        await it.press("end")
        assert it.current_id == SCORED[-1].item.id


async def test_quitting_while_a_large_run_is_read_ends_what_reads_it(run: Path) -> None:
    async with opened(saved=run, wait=False) as it:
        await it.until(lambda: it.table.number is not None)
        await it.press("q")
    await asyncio.sleep(0)
    assert it.app.return_code == 0
