"""Lists of options that are not laid out yet take no keys."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.events import Key

from tests.app_helpers import opened
from tui.widgets.option_lists import Choice, Palette


@pytest.mark.parametrize("key", ["pageup", "pagedown"])
@pytest.mark.parametrize("turns", [0, 1, 5, 12, 20])
async def test_keys_at_once_after_the_palette_opens(key: str, turns: int) -> None:
    async with opened() as it:
        for name in ("ctrl+p", key, key):
            it.app.post_message(Key(name, None))
            for _ in range(turns):
                await asyncio.sleep(0)
        await it.until(lambda: isinstance(it.app.screen, Palette))
        await it.press(key, "escape")
        assert not isinstance(it.app.screen, Palette)
        assert it.app.crash is None


class Choosing(App[None]):
    """An app with one choice."""

    def compose(self) -> ComposeResult:
        yield Choice([("one", 1), ("two", 2), ("three", 3)], value=2, allow_blank=False)


async def test_keys_at_once_after_a_choice_opens() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        choice = app.query_one(Choice)
        choice.focus()
        for name in ("enter", "pageup", "pagedown"):
            app.post_message(Key(name, None))
        await pilot.pause()
        await pilot.press("pagedown", "enter")
        assert choice.value == 3
