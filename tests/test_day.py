"""An analyst's day on a saved run, played by keys; a killed terminal leaves all of it behind."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.analysis.comparing import RunComparison
from engine.analysis.outcomes import OUTCOME_MARKS
from engine.records.annotations import Annotation
from engine.runs.annotations import read_annotations
from engine.runs.log import RunLog
from tests.app_helpers import SIZE, Opened, drawn, opened
from tests.cli_helpers import environment
from tests.pty_command import PtyCommand
from tests.run_library import set_age
from tests.variant_fixtures import GRADED, graded_items, graded_manifest
from tui.screens.compare import CompareScreen
from tui.screens.groups import GroupsScreen
from tui.screens.summary import SummaryScreen
from tui.state.column_choice import ColumnChoice
from tui.state.preferences import read_preferences
from tui.state.saved_filters import saved_filters
from tui.state.view import counts

REST_SECONDS = 0.1
"""A terminal in which nothing was painted for so long is at rest."""
RUN, OTHER = "capitals", "before"
ITEMS, OF_OTHER, ENGLISH = 95, 60, 30
HOUR = 3600
TERMINAL_KEYS = {
    "ctrl+s": "\x13",
    "down": "\x1b[B",
    "end": "\x1b[F",
    "enter": "\r",
    "escape": "\x1b",
    "home": "\x1b[H",
    "space": " ",
    "tab": "\t",
    "up": "\x1b[A",
}
"""What a terminal sends for the keys that have names."""


class Step(NamedTuple):
    """Keys that are typed in one go, and what is new on the screen when they are done.

    Letters are taken by a field at once, other keys a little later: none follow these in a step.

    Attributes:
        holds: asserts what is so then, in the app that runs in this process.
    """

    keys: tuple[str, ...]
    painted: str
    holds: Callable[[Opened], None] | None = None


def directory() -> Path:
    """The run, in the home that is the user's at the time."""
    return Path(os.environ["XDG_DATA_HOME"]) / "illusion-tui" / "runs" / RUN


def report() -> Path:
    """Where it is written."""
    return Path("~/day.html").expanduser()


def noted(it: Opened) -> Annotation:
    """What is noted on disk of the item under the cursor."""
    return read_annotations(directory())[it.current_id]


# -- what holds along the way --------------------------------------------------------------------


def completed(it: Opened) -> None:
    assert it.screen.browser.filter_text == "lang:en"
    assert it.table.count == ENGLISH


def saved(it: Opened) -> None:
    assert saved_filters() == {"en": "lang:en"}


def sorted_by_two(it: Opened) -> None:
    assert [key.name for key in it.screen.browser.ordering.keys] == [
        "outcome",
        "pruned_gold_probability",
    ]
    outcomes = list(OUTCOME_MARKS)
    rows = [it.screen.row(number).values for number in it.table.numbers]
    found = [
        (outcomes.index(str(row["outcome"])), -float(str(row["pruned_gold_probability"])))
        for row in rows
    ]
    assert found == sorted(found)


def tagged(it: Opened) -> None:
    ids = [it.app.session.state.ids[number] for number in it.table.numbers]
    assert len(ids) == ENGLISH
    assert read_annotations(directory()) == dict.fromkeys(ids, Annotation(tags=("check",)))


def starred(it: Opened) -> None:
    assert noted(it) == Annotation(starred=True, tags=("check",))


def written(it: Opened) -> None:
    assert noted(it) == Annotation(starred=True, tags=("check",), note="right")
    row = it.screen.current_row
    assert row is not None
    assert row.outcome == "recognition-only"


def overruled(it: Opened) -> None:
    assert noted(it).verdicts == {GRADED[0]: True}
    row = it.screen.current_row
    assert row is not None
    assert row.outcome == "kept"


def undone(it: Opened) -> None:
    assert noted(it) == Annotation(tags=("check",))


def grouped(it: Opened) -> None:
    page = it.app.screen
    assert isinstance(page, GroupsScreen)
    assert page.by == "lang"
    assert sum(group.n for group in page.shown[:-1]) == page.shown[-1].n == ITEMS


def in_a_group(it: Opened) -> None:
    assert it.app.screen is it.screen
    assert {it.screen.row(number).values["language"] for number in it.table.numbers} == {"es"}


def behind_a_figure(it: Opened) -> None:
    assert it.app.screen is it.screen
    assert it.screen.browser.filter_text == "pruned_answer_correct:right"
    rows = [it.screen.row(number).variant.open for number in range(ITEMS)]
    right = sum(answer is not None and bool(answer.judgement.correct) for answer in rows)
    assert it.table.count == right


def at_the_figure(it: Opened) -> None:
    page = it.app.screen
    assert isinstance(page, SummaryScreen)
    assert it.screen.browser.filter_text == ""


def with_all_items(it: Opened) -> None:
    assert it.app.screen is it.screen
    assert it.table.count == ITEMS


def column_chosen(it: Opened) -> None:
    assert "note" in [column.key for column in it.table.columns]
    assert read_preferences().columns.on == ("note",)


def compared(it: Opened) -> RunComparison:
    page = it.app.screen
    assert isinstance(page, CompareScreen)
    assert page.comparison is not None
    return page.comparison


def two_variants(it: Opened) -> None:
    comparison = compared(it)
    assert [comparison.first.variant, comparison.second.variant] == list(GRADED[-2:])
    assert len(comparison.items) == ITEMS


def two_runs(it: Opened) -> None:
    """They differ in the verdict that was overruled."""
    comparison = compared(it)
    assert [comparison.first.run, comparison.second.run] == [RUN, OTHER]
    assert len(comparison.items) == OF_OTHER
    (differing,) = comparison.differing
    assert differing.first.outcome == "kept"
    assert differing.second.outcome == "recognition-only"


def reported(it: Opened) -> None:
    assert it.app.screen is it.screen
    text = report().read_text(encoding="utf-8")
    assert text.count("#check") == ENGLISH
    assert text.count("★ #check ✎ right") == 1
    assert text.count("right by hand; the judge:") == 1
    assert "1 verdict overruled by hand" in text


# -- the day -------------------------------------------------------------------------------------

FILTER = (
    Step(("/",), "tab lists the columns"),
    Step((*"lan", "tab", "tab"), "'lang:' has no value"),
    Step(("e", "tab"), "lang:en 30"),
    Step(("tab",), "30 shown", completed),
    Step(("ctrl+s",), "The filter in use: lang:en"),
    Step((*"en", "enter"), "@en is saved", saved),
    Step(("escape",), "contains the gold answer"),
    Step(("enter",), "question"),
)
SORT = (Step((">", "+", "<", "i"), "▼2", sorted_by_two),)
NOTES = (
    Step(("A",), "All 30 items that are shown"),
    Step(("#",), "Tags of 30 items"),
    Step((*"check", "enter"), "#check", tagged),
    Step(("home", "*"), "★", starred),
    Step(("N",), "Note on capital-en-"),
    Step((*"right", "enter"), "✎ right", written),
    Step(("!",), "✓!", overruled),
    Step(("home", "*"), "★  #check", starred),
    Step(("U",), "#check  gold", undone),
)
FIGURES = (
    Step(("V",), "14 groups", grouped),
    Step(("down", "enter"), "5 shown", in_a_group),
    Step(("escape",), "14 groups", grouped),
    Step(("escape",), "b beam", with_all_items),
    Step(("v",), "Accuracy over sparsity"),
    Step(("down", "enter"), "81 shown", behind_a_figure),
    Step(("escape",), "Accuracy over sparsity", at_the_figure),
    Step(("escape",), "b beam", with_all_items),
)
COLUMNS = (
    Step(("C",), "Columns of the table"),
    Step(("end", "up", "up", "space"), "[x] note", column_chosen),
    Step(("escape",), "contains the gold answer", with_all_items),
)
COMPARISONS = (
    Step(("L",), "100 → 25–85 %"),
    Step(("c",), "▸ capitals"),
    Step(("c",), "95 items in common", two_variants),
    Step(("escape",), "100 → 25–85 %"),
    Step(("c", "down", "c"), "60 items in common", two_runs),
    Step(("escape",), "100 → 25–85 %"),
    Step(("escape",), "b beam", with_all_items),
)
SAVED_FILTER = (
    Step(("F",), "@en"),
    Step(("enter",), "30 shown", completed),
)
REPORT = (
    Step(("e",), "Write the items that the filter shows"),
    # The dialog covers the answer.
    Step((*"~/day.html", "enter"), "known as the “City of Light”", reported),
)
DAY = (*FILTER, *SORT, *NOTES, *FIGURES, *COLUMNS, *COMPARISONS, *SAVED_FILTER, *REPORT)
CUT_SHORT = (
    Step(("N",), "Note on capital-en-"),
    Step(tuple("half a th"), "half a th"),
)
"""What is being typed as the terminal is killed."""


@contextmanager
def named(step: Step) -> Iterator[None]:
    """Let a failure say in which step it was."""
    try:
        yield
    except (AssertionError, TimeoutError) as error:
        error.add_note(f"in {step}")
        raise


async def play(it: Opened, steps: Sequence[Step]) -> None:
    """Press the keys of steps, each when the one before it is done."""
    for step in steps:
        with named(step):
            await it.press(*step.keys)
            await it.until(partial(on_the_screen, it, step.painted))
            if step.holds is not None:
                step.holds(it)


def on_the_screen(it: Opened, text: str) -> bool:
    return any(text in strip.text for strip in it.app.screen._compositor.render_strips())


def contains(text: str, part: str) -> bool:
    return part in text


def type_in(command: PtyCommand, steps: Sequence[Step]) -> None:
    """Type the keys of steps into a terminal, each when the one before it is done."""
    for step in steps:
        keys = "".join(TERMINAL_KEYS.get(key, key) for key in step.keys)
        with named(step):
            command.seconds_for(keys, partial(contains, part=step.painted))
        while command.listen(REST_SECONDS):
            pass


# -- what is left of it --------------------------------------------------------------------------


class Left(NamedTuple):
    """What a day leaves on disk."""

    annotations: dict[str, Annotation]
    filters: dict[str, str]
    columns: ColumnChoice
    report: bytes


def left() -> Left:
    return Left(
        read_annotations(directory()),
        saved_filters(),
        read_preferences().columns,
        report().read_bytes(),
    )


def shown(it: Opened) -> tuple[object, ...]:
    """What the inspector knows and shows of the run."""
    state = it.app.session.state
    return (
        dict(state.notes.by_item),
        counts(state.frame(it.screen.variant)),
        [column.key for column in it.table.columns],
        it.screen.browser.filter_text,
        drawn(it.screen.query_one("#outcomes")),
        drawn(it.table),
    )


@pytest.fixture
def move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Moves to a home directory of a name; a new one has two runs in it."""
    made = tmp_path / "runs"
    for name, count, hours in ((RUN, ITEMS, 2), (OTHER, OF_OTHER, 50)):
        scored = graded_items(count, hostile=False)
        items = [one.item for one in scored]
        with RunLog.open(made / name, graded_manifest(count), items) as log:
            log.append_scored(scored)
        set_age(made / name, hours * HOUR + 60)

    def to(name: str) -> Path:
        home = tmp_path / name
        for variable, value in environment(home).items():
            if variable == "HOME" or variable.startswith("XDG_"):
                monkeypatch.setenv(variable, value)
        if not home.exists():
            shutil.copytree(made, directory().parent)
        return home

    return to


async def test_a_day_is_played_and_a_killed_terminal_leaves_the_same(
    move: Callable[[str], Path],
) -> None:
    move("pilots")
    async with opened(saved=directory()) as it:
        await play(it, DAY)
        expected, on_screen, ordering = left(), shown(it), it.screen.browser.ordering

    home = move("terminals")
    with PtyCommand(home, "open", directory(), size=SIZE) as command:
        command.seconds_until(lambda text: "recognition-only 10" in text)
        type_in(command, (*DAY, *CUT_SHORT))
        os.kill(command.pid, signal.SIGKILL)
        assert command.ended() == -signal.SIGKILL
    assert left() == expected
    async with opened(saved=directory()) as it:
        await play(it, SAVED_FILTER)
        it.screen.browser.sort(ordering)
        await it.press("home")
        assert shown(it) == on_screen
    assert left() == expected
