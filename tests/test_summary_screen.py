"""The summary of a run that goes on: one computation at a time, and the last state is shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import polars as pl
import pytest

from engine.analysis.statistics import Statistics, run_statistics
from engine.records.protocol import ItemScored
from engine.runs.reading import Run
from tests.app_helpers import Opened, opened
from tests.inspector_fixtures import scored_items
from tests.scripted_client import ScriptedEngine
from tui.screens.summary import SummaryScreen
from tui.state import figures

ITEMS = scored_items(60, hostile=False)


class SlowStatistics:
    """Statistics that are finished when the test says so."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.running = 0
        self.most_at_once = 0
        self._finish = threading.Semaphore(0)

    def __call__(self, run: Run, frames: Mapping[str, pl.DataFrame]) -> Statistics:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        self.sizes.append(len(run.scored))
        assert self._finish.acquire(timeout=20)
        statistics = run_statistics(run, frames)
        self.running -= 1
        return statistics

    def finish(self, count: int = 1) -> None:
        self._finish.release(count)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowStatistics]:
    statistics = SlowStatistics()
    monkeypatch.setattr(figures, "run_statistics", statistics)
    yield statistics
    statistics.finish(100)


async def more(it: Opened, first: int, last: int) -> None:
    it.engine.emit(*(ItemScored(scored=scored) for scored in ITEMS[first:last]))
    await it.until(lambda: it.app.session.state.scored == last)
    await it.until(lambda: it.table.count == last)


def page_text(it: Opened) -> str:
    assert isinstance(it.app.screen, SummaryScreen)
    return "\n".join(it.app.screen.texts())


async def test_changes_meanwhile_are_one_more_computation_and_the_last_state_is_shown(
    slow: SlowStatistics,
) -> None:
    async with opened(ScriptedEngine(ITEMS[:20])) as it:
        await it.until(lambda: it.table.count == 20)
        await it.press("v")
        await it.until(lambda: slow.sizes == [20])
        for first in (20, 30, 40, 50):
            await more(it, first, first + 10)
        assert "computing" in page_text(it)
        slow.finish()
        await it.until(lambda: slow.sizes == [20, 60])
        # Counts and statistics on the page are both those of the first snapshot.
        assert " 20" in next(line for line in page_text(it).splitlines() if "  all" in line)
        slow.finish()
        await it.until(lambda: "  all                    60" in page_text(it))
        await it.pilot.pause(0.5)
        assert slow.sizes == [20, 60]
        assert slow.most_at_once == 1


async def test_leaving_drops_what_is_computed_and_coming_back_waits_for_its_end(
    slow: SlowStatistics,
) -> None:
    async with opened(ScriptedEngine(ITEMS[:20])) as it:
        await it.until(lambda: it.table.count == 20)
        await it.press("v")
        await it.until(lambda: slow.sizes == [20])
        await it.press("escape")
        await more(it, 20, 30)
        await it.press("v")
        await it.pilot.pause(0.3)
        assert slow.sizes == [20]
        slow.finish()
        await it.until(lambda: slow.sizes == [20, 30])
        assert "computing" in page_text(it)
        slow.finish()
        await it.until(lambda: "  all                    30" in page_text(it))
        assert slow.most_at_once == 1


async def test_an_event_that_changes_nothing_is_not_computed_again(slow: SlowStatistics) -> None:
    async with opened(ScriptedEngine(ITEMS[:20])) as it:
        await it.until(lambda: it.app.session.state.seconds is not None)
        await it.press("v")
        slow.finish(100)
        await it.until(lambda: "  all                    20" in page_text(it))
        it.engine.emit(ItemScored(scored=ITEMS[0]))
        await it.pilot.pause(0.5)
        assert slow.sizes == [20]
