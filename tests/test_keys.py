"""The user's own keys: what they do, where they are shown, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.records.errors import UserError
from engine.records.protocol import Decode
from tests.app_helpers import drawn, opened
from tests.cli_helpers import run_cli
from tui.app import InspectorApp
from tui.keys import Written, actions_by_id, bound_keys
from tui.screens.help import HelpScreen
from tui.screens.lab import LabScreen
from tui.screens.summary import SummaryScreen
from tui.stage import StageApp
from tui.widgets.boards import KeyBoard, OutcomeBoard
from tui.widgets.lab_table import LabTable

FILE = Path("config.toml")
DRIVER = "textual.drivers.headless_driver:HeadlessDriver"
"""Where it is named, the command asks for no terminal."""


def bound(written: Written) -> dict[str, str]:
    return bound_keys(written, InspectorApp, FILE)


def inspector(written: Written) -> type[InspectorApp]:
    """The inspector with keys of the user's own."""

    class Rebound(InspectorApp):
        keys = bound(written)

    return Rebound


async def test_own_keys_take_the_place_of_the_others_wherever_they_are_shown() -> None:
    written = {"beam": "B", "sample": ["f5", "^x"], "show-lost": "!", "overrule": "f6", "lab": "b"}
    async with opened(make_app=inspector(written)) as it:
        footer = drawn(it.screen.query_one(KeyBoard))
        assert "B beam" in footer
        assert "f5 sample" in footer
        assert "b lab" in footer
        assert "! ✕ lost" in drawn(it.screen.query_one(OutcomeBoard))
        await it.press("B")
        await it.press("ctrl+x")
        kinds = [one.decoding.name for one in it.sent(Decode) if isinstance(one, Decode)]
        assert kinds == ["beam", "sample"]
        await it.press("s", "exclamation_mark")
        assert len(it.sent(Decode)) == 2
        assert it.screen.browser.outcome == "lost"
        await it.press("0", "b")
        assert isinstance(it.app.screen, LabScreen)
        await it.press("escape", "question_mark")
        help_screen = it.app.screen
        assert isinstance(help_screen, HelpScreen)
        [beam] = (line for line in help_screen.texts() if "hypotheses did greedy" in line)
        assert "B  " in beam
        assert any("f5 ^x" in line for line in help_screen.texts())


async def test_a_key_that_moves_works_on_every_screen_that_lists() -> None:
    async with opened(make_app=inspector({"down": ["down", "z"]})) as it:
        before = it.current_id
        await it.press("z")
        assert it.current_id != before
        await it.press("enter")
        lab = it.app.screen
        assert isinstance(lab, LabScreen)
        await it.press("z", "j")
        table = lab.query_one(LabTable)
        assert table.current is table.rows[1]


async def test_the_keys_of_vi_move_everywhere() -> None:
    async with opened() as it:
        first = it.current_id
        await it.press("j", "k", "ctrl+d")
        far = it.table.index
        assert far > 1
        await it.press("ctrl+u")
        assert it.current_id == first
        await it.press("G", "g")
        assert it.current_id == first
        await it.press("v")
        page = it.app.screen
        assert isinstance(page, SummaryScreen)


def test_every_action_can_be_named_and_written_down_as_it_is() -> None:
    known = actions_by_id(InspectorApp)
    assert {"beam", "sample", "one-shot", "restart", "quit", "x-ray"} <= known.keys()
    assert all(name and set(name) <= set("abcdefghijklmnopqrstuvwxyz-") for name in known)
    assert bound({name: actions[0].key for name, actions in known.items()})
    assert StageApp.every_action().keys() <= InspectorApp.every_action().keys()


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ({"beem": "B"}, r"config.toml: \[keys\] beem: there is no such action", "mean beam"),
        ({"beam": "s"}, r"\[keys\] beam: 's' is sample already, on the screen items", "Free"),
        ({"beam": "j"}, r"\[keys\] beam: 'j' is down already", "or give down another key"),
        ({"depth": "r"}, r"\[keys\] depth: 'r' is restore already, on the screen xray", "Free"),
        ({"down": ["down", "d"]}, "'d' is depth already, on the screen xray", "Free"),
        ({"second-variant": "j"}, "second-variant: 'j' is down already", "Free"),
        ({"beam": "Z", "copy": "Z"}, "'Z' is beam already", "Free"),
        ({"beam": "^q"}, r"'\^q' is quit already", "Free"),
        ({"beam": "ctrl+nothing"}, "'ctrl\\+nothing' is no key", "f5"),
        ({"beam": []}, "no key", "leave the line out"),
        ({"beam": ""}, "'' is no key", "character"),
        ({"quit-at-once": "Q"}, "works while text is typed, and 'Q' is text", "f10"),
    ],
)
def test_what_cannot_be_is_refused(written: Written, message: str, hint: str) -> None:
    with pytest.raises(UserError, match=message) as found:
        bound(written)
    assert hint in found.value.hint
    assert found.value.status == 2


def test_keys_may_be_exchanged_and_written_in_several_ways() -> None:
    assert bound({"beam": "s", "sample": "b"}) == {"beam": "s", "sample": "b"}
    keys = bound(
        {
            "beam": ["?", "Ctrl+B", "shift+z", " ", "+", "F5"],
            "help": "H",
            "sort-left": ",",
            "then-by": "%",
        }
    )
    assert keys["beam"] == "question_mark,ctrl+b,Z,space,plus,f5"
    assert keys["sort-left"] == "comma"


def test_the_command_refuses_them_before_there_is_a_screen(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[keys]\nbeam = 's'\n")
    done = run_cli(tmp_path, "open", "--config", file, TEXTUAL_DRIVER=DRIVER)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: {file}: [keys] beam: 's' is sample already, on the screen items" in done.stderr
    assert "hint: Free there: " in done.stderr
