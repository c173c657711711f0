"""The whole run in figures."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message

from engine.analysis.statistics import ComparisonStatistics, Floor, run_statistics
from engine.methods.recipes import parse_recipe
from engine.records.recipes import RecipeError
from tui.actions import bindings
from tui.drawing.lines import Line, columns
from tui.drawing.summary_lines import comparison_blocks
from tui.screens.page import PageScreen
from tui.state.session import Session
from tui.state.state import Change
from tui.state.view import counts, probability_points

TWO_COLUMNS = 128
GAP = 4


class SummaryScreen(PageScreen):
    """Outcomes, accuracies, ranks, recoveries, sparsity and settings of one variant."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("summary")

    class Computed(Message):
        """The statistics of the run as it was."""

        def __init__(self, found: dict[str, ComparisonStatistics], floor: Floor | None) -> None:
            super().__init__()
            self.found = found
            self.floor = floor

    def __init__(self, session: Session, variant: str) -> None:
        super().__init__(session)
        self.variant = variant
        self._found: dict[str, ComparisonStatistics] = {}
        self._floor: Floor | None = None

    def on_mount(self) -> None:
        """Compute the statistics; show what needs none."""
        self._compute()
        self.draw()

    def changed(self, change: Change) -> None:
        """Compute anew where items or re-decodes came."""
        if Change.ITEMS in change or Change.ANSWERS in change:
            self._compute()

    @work(thread=True, exclusive=True, group="statistics")
    def _compute(self) -> None:
        run = self.state.run()
        if run is not None and run.scored:
            found = run_statistics(run)
            by_name = {one.variant: one for one in found.comparisons}
            self.post_message(self.Computed(by_name, found.floor))

    def on_summary_screen_computed(self, message: Computed) -> None:
        """Show the statistics."""
        self._found, self._floor = message.found, message.floor
        self.draw()

    def draw(self) -> None:
        """Lay out the sections in one column or two."""
        state = self.state
        subject = f"{state.label(self.variant)} against {state.label(state.reference)}"
        subject += f", {state.scored:,} of {state.total:,} items scored"
        self.present("Summary", subject, self._lay_out)

    def _lay_out(self, width: int) -> list[Line]:
        state = self.state
        statistics = self._found.get(self.variant)
        if statistics is None or state.manifest is None:
            return [[("no items are scored yet" if not state.items else "computing", "dim")]]
        frame = state.frame(self.variant)
        two = width >= TWO_COLUMNS
        room = (width - GAP) // 2 if two else width
        blocks = comparison_blocks(
            statistics,
            self._floor,
            counts(frame),
            int(frame["never_choice_correct"].sum()),
            state.manifest,
            state.record(self.variant),
            _target(self.variant),
            (state.label(state.reference), state.label(self.variant)),
            probability_points(frame),
            room,
        )
        if not two:
            return _stacked(blocks)
        left, right = _halves(blocks)
        return columns((_stacked(left), _stacked(right)), (room, width - GAP - room), GAP)

    def action_variant(self, by: int) -> None:
        """Show another compressed variant."""
        names = self.state.variants
        self.variant = names[(names.index(self.variant) + by) % len(names)]
        self.draw()


def _stacked(blocks: list[list[Line]]) -> list[Line]:
    lines: list[Line] = []
    for block in blocks:
        lines += [*([[]] if lines else []), *block]
    return lines


def _halves(blocks: list[list[Line]]) -> tuple[list[list[Line]], list[list[Line]]]:
    """The blocks in two columns of about the same height, in reading order."""
    total = sum(len(block) + 1 for block in blocks)
    taken = 0
    for number, block in enumerate(blocks):
        if taken + len(block) / 2 > total / 2:
            return blocks[:number], blocks[number:]
        taken += len(block) + 1
    return blocks, []


def _target(variant: str) -> float:
    try:
        return parse_recipe(variant).target_sparsity
    except RecipeError:
        return 0.0
