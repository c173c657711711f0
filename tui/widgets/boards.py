"""The lines around the table: run, outcomes, keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.message import Message

from engine.analysis.outcomes import OUTCOME_MARKS
from engine.text import displayable, truncated
from tui.acting import actions_on, keys_on
from tui.actions import OUTCOMES, Action
from tui.drawing.header import RunLine
from tui.drawing.lines import Line, Piece, width_of
from tui.drawing.marks import track
from tui.widgets.paint import Board

LEAST_MODEL = 12
"""So many cells of a model's name tell which it is."""


class RunBoard(Board):
    """The header: the run on the left, its progress on the right."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.line = RunLine()

    def show(self, line: RunLine) -> None:
        if line != self.line:
            self.line = line
            self.redraw()

    def lines(self, width: int) -> list[Line]:
        """The run on the left, progress on the right; facts give way to progress."""
        run = self.line
        status = truncated(displayable(run.status), max(width // 2, 20))
        right: Line = [(status, "wrong" if run.alarm else "")]
        if run.fraction is not None:
            size = 8 if width < 160 else 30
            right = [*track(run.fraction, size), ("  ", ""), *right]
        room = width - width_of(right) - 4
        cells = room - cell_len(run.variant) - 4
        # A long name gives way to a short headline, if only to the shortest.
        for form in run.headline[-2:]:
            if cells - cell_len(form) - 3 >= LEAST_MODEL:
                cells -= cell_len(form) + 3
                break
        model = truncated(displayable(run.model), max(cells, 8))
        left: Line = [(f" {model}", "title"), ("   ", ""), (displayable(run.variant), "active")]
        for form in run.headline:
            if width_of(left) + 3 + cell_len(form) <= room:
                left += [("   ", ""), (form, "strong")]
                break
        for fact in map(displayable, run.facts):
            if fact and width_of(left) + 3 + cell_len(fact) <= room:
                left += [("   ", ""), (fact, "dim")]
        gap = width - width_of(left) - width_of(right) - 1
        return [[*left, (" " * max(gap, 1), ""), *right, (" ", "")]]


class OutcomeBoard(Board):
    """The counts per outcome; clicking one shows only those items."""

    class Chosen(Message):
        """An outcome was clicked; "all" stands for every one."""

        def __init__(self, outcome: str) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._counts: Mapping[str, int] = {}
        self._active = "all"
        self._note = ""

    def show(self, counts: Mapping[str, int], active: str, note: str) -> None:
        """Show the counts (of "all" too), the active one, and a note at the right edge."""
        state = (dict(counts), active, note)
        if state != (self._counts, self._active, self._note):
            self._counts, self._active, self._note = state
            self.redraw()

    def action_choose(self, outcome: str) -> None:
        self.post_message(self.Chosen(outcome))

    def lines(self, width: int) -> list[Line]:
        """The widest form that fits."""
        note = self._note
        line: Line = []
        keys = keys_on(self.screen)
        for gap, marks in ((3, True), (2, True), (2, False), (1, False)):
            self._targets = []
            line = self._line(gap, marks, keys)
            if width_of(line) + len(note) + 2 <= width:
                break
        room = width - width_of(line) - 1
        # A short note is shown whole or not at all.
        if note and room > min(cell_len(note), 11):
            note = truncated(displayable(note), room - 1)
            space = " " * (room - cell_len(note))
            line += [(space, ""), (note, "dim")]
        return [line]

    def _line(self, gap: int, marks: bool, keys: Mapping[str, str]) -> Line:
        line: Line = [(" ", "")]
        for outcome in OUTCOMES:
            if len(line) > 1:
                line.append((" " * gap, ""))
            active = outcome == self._active
            mark = f"{OUTCOME_MARKS[outcome]} " if marks and outcome in OUTCOME_MARKS else ""
            count = f"{self._counts.get(outcome, 0):,}" if self._counts else "–"
            start = width_of(line)
            color = outcome if outcome in OUTCOME_MARKS else "strong"
            body: list[Piece] = [
                (f"{keys[f'show-{outcome}']} ", "key"),
                (mark, color),
                (f"{outcome} ", "active" if active else ""),
                (count, color),
            ]
            line += body
            self._targets.append((0, start, width_of(line), self, f"choose('{outcome}')"))
        return line


class KeyBoard(Board):
    """The main keys of its screen, as many as fit; a click on one does what the key does."""

    def lines(self, width: int) -> list[Line]:
        """Keys in their order; those in the middle give way so that help and quit stay."""
        gap = 3 if width >= 100 else 2
        keys = [
            (node, action) for node, action in actions_on(self.screen) if action.footer is not None
        ]
        keys.sort(key=lambda key: key[1].footer or 0)
        while len(keys) > 2 and _width([action for _, action in keys], gap) > width:
            del keys[-3]
        line: Line = [(" ", "")]
        for number, (node, action) in enumerate(keys):
            if number:
                line.append((" " * gap, ""))
            start = width_of(line)
            line += [(action.key_text, "key"), (f" {action.label}", "dim")]
            self._targets.append((0, start, width_of(line), node, action.name))
        return [line]


def _width(actions: Sequence[Action], gap: int) -> int:
    words = sum(cell_len(action.key_text) + 1 + cell_len(action.label) for action in actions)
    return 1 + words + gap * (len(actions) - 1)
