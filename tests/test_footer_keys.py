"""Every key in a footer at 80x24: it does something there, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from engine.records.instruments.registry import instruments
from engine.runs import directories
from tests.app_helpers import Opened, drawn, opened
from tests.inspector_fixtures import scored_items
from tests.run_library import fill_library
from tests.saved_runs import DEMOTED, drawn_whole, write_saved
from tests.scripted_client import ScriptedEngine, engine_factory
from tui.acting import actions_on
from tui.app import InspectorApp
from tui.screens.compare import CompareScreen
from tui.screens.runs import RunsScreen
from tui.widgets.boards import KeyBoard
from tui.widgets.line_table import LineTable

SIZE = (80, 24)
PLACES = {
    "items": (),
    "lab": ("enter", "down"),
    "x-ray": ("x",),
    "variants": ("u",),
    "summary": ("v",),
    "groups": ("V",),
    "remedies": ("m",),
}
LEAVE = {"back", "quit"}
"""What ends the screen or the app; other tests press these. Help has no other keys."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(directories, "user_data_path", lambda *names, **options: Path("data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("keys", PLACES.values(), ids=PLACES)
async def test_every_key_in_the_footer_does_something(keys: tuple[str, ...]) -> None:
    run = Path("run")
    write_saved(run, tried=True, instruments=list(instruments().values()))
    async with opened(saved=run, size=SIZE) as it:
        await it.press(*("down",) * DEMOTED, *keys)
        await drawn_whole(it)
        await press_all(it)


@pytest.mark.parametrize("keys", [("down",), ("down", "c", "c")], ids=["runs", "compare"])
async def test_every_key_of_the_runs_does_something(keys: tuple[str, ...]) -> None:
    fill_library(Path("data") / "runs")
    engine = ScriptedEngine(scored_items(1))
    app = InspectorApp(None, engine_factory(engine))
    async with app.run_test(size=SIZE) as pilot:
        it = Opened(app, pilot, engine)
        await it.until(
            lambda: (
                isinstance(it.app.screen, RunsScreen)
                and bool(it.app.screen.shown)
                and all(entry.state for entry in it.app.screen.shown)
            )
        )
        await it.press(*keys)
        if isinstance(page := it.app.screen, CompareScreen):
            await it.until(lambda: bool(page.query_one(LineTable).texts))
        await press_all(it)


async def press_all(it: Opened) -> None:
    """Press the keys of the footer one after the other, each time back on the screen."""
    screen = it.app.screen
    footer = drawn(screen.query_one(KeyBoard))
    silent = []
    actions = [
        action
        for _, action in actions_on(screen)
        if action.footer is not None and f"{action.key_text} {action.label}" in footer
    ]
    assert len(actions) > 1
    for action in sorted(actions, key=lambda action: action.footer or 0):
        if action.id in LEAVE:
            continue
        before = state_of(it)
        await it.press(action.key.split(",")[0])
        await it.pilot.pause(0.1)
        if state_of(it) == before:
            silent.append(f"{action.key_text} {action.label}")
        while it.app.screen is not screen and len(it.app.screen_stack) > 2:
            await it.press("escape")
        if isinstance(it.app.focused, Input):
            await it.press("escape")
        if it.app.screen is not screen:
            break
    assert not silent, f"no effect of: {', '.join(silent)}"


def state_of(it: Opened) -> tuple[object, ...]:
    """What a person may see, and what the engine is asked."""
    app = it.app
    text = "".join(strip.text for strip in app.screen._compositor.render_strips())
    return app.screen, text, app.focused, len(it.engine.sent), len(app._notifications)
