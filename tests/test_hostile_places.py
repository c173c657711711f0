"""Places at which hostile text once left as it came: each shows it, and nothing acts."""

from __future__ import annotations

from pathlib import Path

import msgspec
from textual import events

from engine.analysis.frame import run_frame
from engine.records.decodings.contrastive import Contrastive
from engine.records.protocol import ItemScored, Notice
from engine.reports.markdown import to_markdown
from engine.text import in_place
from tests.app_helpers import drawn, opened
from tests.harness.acting import acting
from tests.harness.kinds import HALVES, KINDS
from tests.inspector_fixtures import DENSE, WANDA, redecode, scored_items
from tests.runs_helpers import PRUNED, make_run, one_of_each
from tui.commands.ask import asked_lines
from tui.commands.redecode import redecode_lines
from tui.process.engine_log import append
from tui.screens.noting import TagSuggester
from tui.state.state import variant_label

ESCAPES = "\x1b]0;title\x07\x9b2J\u202e"
NAME = f"checkpoint:/models/{ESCAPES}"


def test_what_is_edited_keeps_its_length_and_does_not_act() -> None:
    for text in (*KINDS.values(), HALVES):
        shown = in_place(text)
        assert len(shown) == len(text)
        assert not acting(shown)
    assert in_place("e\u0301 نص 👨‍👩‍👧") == "e\u0301 نص 👨‍👩‍👧"


async def test_what_is_pasted_into_a_field_is_shown_and_stays_as_it_is() -> None:
    async with opened() as it:
        await it.press("slash")
        it.app.post_message(events.Paste(f"a{ESCAPES}b"))
        await it.pilot.pause()
        field = it.screen.browser.query_one("#filter")
        assert "a␛]0;title␇\ufffd2J\ufffdb" in drawn(field)
        assert it.app.focused is field
        assert getattr(field, "value", None) == f"a{ESCAPES}b"
        await it.press("left")
        assert it.app.cursor_position.x == field.content_region.x + len(f"a{ESCAPES}")


async def test_what_an_engine_notes_does_not_act() -> None:
    async with opened() as it:
        it.engine.emit(Notice(text=f"noted {ESCAPES}"))
        await it.until(lambda: bool(it.app._notifications))
        assert [one.message for one in it.app._notifications] == ["noted ␛]0;title␇⟨9B⟩2J⟨RLO⟩"]


async def test_the_label_of_a_variant_does_not_act() -> None:
    assert not acting(variant_label(NAME))
    async with opened() as it:
        state = it.app.session.state
        assert state.manifest is not None
        dense, pruned = state.manifest.variants
        pruned = msgspec.structs.replace(pruned, label=f"odd {ESCAPES}")
        state.manifest = msgspec.structs.replace(state.manifest, variants=(dense, pruned))
        it.engine.emit(ItemScored(scored=scored_items(1)[0]))
        assert state.label(WANDA) == "odd ␛]0;title␇⟨9B⟩2J⟨RLO⟩"


async def test_a_tag_that_hides_something_is_not_proposed() -> None:
    suggester = TagSuggester([f"loop{ESCAPES}", "loop-ish"])
    assert await suggester.get_suggestion("lo") == "loop-ish"


def test_commands_write_variants_as_they_are_shown() -> None:
    scored = scored_items(1)[0]
    found = redecode(scored, WANDA, Contrastive())
    found = msgspec.structs.replace(found, variant=NAME, partner=NAME)
    renamed = {DENSE: scored.scores[DENSE], NAME: scored.scores[WANDA]}
    asked = msgspec.structs.replace(scored, scores=renamed)
    for line in (*redecode_lines(found, DENSE), *asked_lines(asked, DENSE, (NAME,))):
        assert not acting(line)


def test_the_name_of_a_variant_is_no_markdown() -> None:
    run = make_run(one_of_each())
    dense, pruned = run.manifest.variants
    pruned = msgspec.structs.replace(pruned, label="[x](javascript:y)\n# odd")
    manifest = msgspec.structs.replace(run.manifest, variants=(dense, pruned))
    run = msgspec.structs.replace(run, manifest=manifest)
    frame = run_frame(run, PRUNED)
    lines = to_markdown(run, frame.head(2)).decode().split("\n")
    assert "# odd" not in lines
    assert not any("[x](" in line for line in lines)


def test_a_log_can_be_printed(tmp_path: Path) -> None:
    append(tmp_path / "a.log", f"not an event: {ESCAPES}\nTraceback")
    assert (tmp_path / "a.log").read_text() == "not an event: ␛]0;title␇⟨9B⟩2J⟨RLO⟩\nTraceback\n"
