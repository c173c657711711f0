"""The characters of every screen at three sizes, compared with those in tests/snapshots/text.

    UPDATE_SNAPSHOTS=1 pytest tests/test_screen_texts.py

rewrites them. Read every one that changed before it is committed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from textual.app import App

from engine.records.instruments.registry import instruments
from engine.records.instruments.slider import Slider
from engine.runs import directories
from tests.app_helpers import Opened, opened
from tests.inspector_fixtures import scored_items
from tests.run_library import fill_library
from tests.saved_runs import DEMOTED, SNAPSHOTS, TRIED, drawn_whole, write_graded, write_saved
from tests.scripted_client import ScriptedEngine, engine_factory
from tui.app import InspectorApp
from tui.screens.columns import ColumnsScreen
from tui.screens.compare import CompareScreen
from tui.screens.export import ExportScreen
from tui.screens.filters import FiltersScreen
from tui.screens.groups import GroupsScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.lab import LabScreen
from tui.screens.noting import ForAllScreen, LineScreen
from tui.screens.remedies import RemediesScreen
from tui.screens.runs import RunsScreen
from tui.screens.stage import StageScreen
from tui.screens.summary import SummaryScreen
from tui.screens.variants import VariantsScreen
from tui.screens.xray import XRayScreen
from tui.widgets.line_table import LineTable

TEXTS = SNAPSHOTS / "text"
SIZES = [(80, 24), (120, 34), (200, 50)]
CLOSE = ("escape",)

# What is seen: its name, the screen it is of, the keys that lead there and those that lead back.
Seen = tuple[str, type, Sequence[str], Sequence[str]]

ON_A_RUN: tuple[Seen, ...] = (
    ("items", InspectScreen, (), ()),
    ("filter", InspectScreen, ("slash", *"outcome:"), ()),
    ("filter-offers", InspectScreen, ("tab",), ("escape", "escape")),
    ("filter-wrong", InspectScreen, ("slash", *"rank>x"), ("escape", "escape")),
    (
        "filter-nothing",
        InspectScreen,
        ("slash", *"zzz", "enter"),
        ("escape", *("down",) * DEMOTED),
    ),
    ("ask", InspectScreen, ("a",), ()),
    ("ask-typed", InspectScreen, (*"Who? = Ann | Bob",), ("escape",)),
    ("find-nothing-yet", InspectScreen, ("f",), ()),
    ("find", InspectScreen, (*"capital",), ("escape",)),
    ("tag", LineScreen, ("number_sign",), CLOSE),
    ("note", LineScreen, ("N",), CLOSE),
    ("note-all", ForAllScreen, ("A",), CLOSE),
    ("filters", FiltersScreen, ("F",), CLOSE),
    ("filter-name", FiltersScreen, ("escape", "1", "F", "s"), (*"mine", "enter")),
    ("filters-saved", FiltersScreen, (), ("escape", "0")),
    ("columns", ColumnsScreen, ("C",), CLOSE),
    ("export", ExportScreen, ("e",), CLOSE),
    ("help", HelpScreen, ("question_mark",), ()),
    ("help-end", HelpScreen, ("end",), CLOSE),
    ("summary", SummaryScreen, ("v",), CLOSE),
    ("groups", GroupsScreen, ("V",), CLOSE),
    ("remedies", RemediesScreen, ("m",), CLOSE),
    ("variants-of-one", VariantsScreen, ("u",), CLOSE),
    ("stage-question", StageScreen, ("S",), ()),
    ("stage-beats", StageScreen, ("space", "space"), ()),
    ("stage-told", StageScreen, ("space", "space", "space"), CLOSE),
    ("x-ray", XRayScreen, ("x",), ()),
    *((f"x-ray-{kind.name}", XRayScreen, (kind.key,), ()) for kind in instruments().values()),
    ("lab", LabScreen, ("escape", "up", "enter", "down"), ()),
)
ON_SEVERAL_VARIANTS: tuple[Seen, ...] = (
    ("items-graded", InspectScreen, (), ()),
    ("variants", VariantsScreen, ("u",), CLOSE),
    ("summary-variants", SummaryScreen, ("v",), CLOSE),
    ("groups-variants", GroupsScreen, ("V",), CLOSE),
    ("export-variants", ExportScreen, ("e",), CLOSE),
)
ON_RUNS: tuple[Seen, ...] = (
    ("runs", RunsScreen, (), ()),
    ("runs-variants", RunsScreen, ("down",), ()),
    ("runs-rename", RunsScreen, ("r",), CLOSE),
    ("compare", CompareScreen, ("c", "c"), ()),
    ("compare-items", CompareScreen, ("enter",), ()),
)
LATE = {"find": " of 34", "filters-saved": " 12  outcome:"}
"""What comes from a thread."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All that is drawn is relative to a directory of the test's own, and the time is UTC."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(directories, "user_data_path", lambda *names, **options: Path("data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    yield
    monkeypatch.undo()
    time.tzset()


def test_every_screen_is_seen() -> None:
    seen = {screen for _, screen, _, _ in (*ON_A_RUN, *ON_SEVERAL_VARIANTS, *ON_RUNS)}
    assert set(InspectorApp.SCREEN_CLASSES) <= seen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_of_a_run_read_as_they_did(size: tuple[int, int]) -> None:
    run = Path("run")
    write_saved(run, tried=True, instruments=(*instruments().values(), Slider(percent=45)))
    async with opened(saved=run, size=size) as it:
        await it.press(*("down",) * DEMOTED)
        assert DEMOTED == TRIED + 1
        await compare(it, ON_A_RUN, size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_of_several_variants_read_as_they_did(size: tuple[int, int]) -> None:
    run = Path("run")
    write_graded(run)
    async with opened(saved=run, size=size) as it:
        await it.press(*("down",) * DEMOTED)
        await compare(it, ON_SEVERAL_VARIANTS, size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_runs_and_their_comparison_read_as_they_did(size: tuple[int, int]) -> None:
    fill_library(Path("data") / "runs")
    engine = ScriptedEngine(scored_items(1))
    app = InspectorApp(None, engine_factory(engine))
    async with app.run_test(size=size) as pilot:
        it = Opened(app, pilot, engine)
        await it.until(lambda: isinstance(app.screen, RunsScreen))
        await compare(it, ON_RUNS, size)


async def compare(it: Opened, seen: Sequence[Seen], size: tuple[int, int]) -> None:
    """Go from one screen to the next, and compare their texts; all that differ are told."""
    TEXTS.mkdir(exist_ok=True)
    changed = []
    for name, screen, keys, back in seen:
        await it.press(*keys)
        await settled(it)
        if name in LATE:
            await it.until(lambda late=LATE[name]: late in text_of(it.app))  # type: ignore[misc]
        assert isinstance(it.app.screen, screen), f"{name}: {it.app.screen}"
        text = text_of(it.app)
        path = TEXTS / f"{name}-{size[0]}x{size[1]}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.write_text(text, encoding="utf-8")
        if not path.exists() or text != path.read_text(encoding="utf-8"):
            changed.append(path.name)
        await it.press(*back)
    assert not changed, f"changed: {', '.join(changed)}; UPDATE_SNAPSHOTS=1 rewrites them"


async def settled(it: Opened) -> None:
    """Wait until what was asked for by the last key is drawn."""
    screen = it.app.screen
    if isinstance(screen, RunsScreen):
        await it.until(lambda: bool(screen.shown) and all(entry.state for entry in screen.shown))
    elif isinstance(screen, CompareScreen):
        await it.until(lambda: bool(screen.query_one(LineTable).texts))
    await drawn_whole(it)
    before = ""
    while (now := text_of(it.app)) != before:
        before = now
        await it.pilot.pause(0.02)


def text_of(app: App[int]) -> str:
    """The characters of the screen that is shown, and of what is seen behind it."""
    strips = app.screen._compositor.render_strips()
    return "".join(f"{strip.text.rstrip()}\n" for strip in strips)
