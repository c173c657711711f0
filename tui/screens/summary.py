"""The whole run in figures."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult

from engine.methods.recipes import parse_recipe
from engine.records.recipes import RecipeError
from engine.text import displayable
from tui.acting import Opening
from tui.actions import SHOW
from tui.drawing.behind import Behind
from tui.drawing.lines import Line, columns
from tui.drawing.summary_lines import ComparisonFigures, comparison_blocks
from tui.drawing.variant_lines import variants_lines
from tui.screens.inspect import InspectScreen
from tui.screens.items import VARIANT_ACTIONS
from tui.screens.page import PageScreen, TitleBoard
from tui.state.state import Change
from tui.state.view import counts, probability_points
from tui.widgets.behind_board import BehindBoard
from tui.widgets.boards import KeyBoard
from tui.widgets.figure_sheet import FigureSheet

if TYPE_CHECKING:
    from tui.state.figures import Figures

TWO_COLUMNS = 128
GAP = 4

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statistics")
"""One computation at a time, also where the screen is left and opened again meanwhile."""


class SummaryScreen(PageScreen):
    """All variants beside each other, then outcomes, accuracies, ranks and so on of one of them.

    The figures are computed in a thread from a snapshot that the event loop takes. What changes
    meanwhile is in the next snapshot, taken when the computation is done.
    """

    OPENS = Opening(
        InspectScreen,
        "summary",
        "v",
        "summary",
        "The whole run: outcomes, accuracies, recoveries, sparsity, settings.",
        SHOW,
        footer=6,
    )
    WIDGETS = (FigureSheet,)
    SILENT = ()
    ACTIONS = VARIANT_ACTIONS

    def __init__(self, host: InspectScreen, variant: str, at: Behind | None = None) -> None:
        """`at` is the figure that the cursor begins on."""
        super().__init__(host.session)
        self._host = host
        self.variant = variant
        self._at = at
        self._figures: Figures | None = None
        self._stale = asyncio.Event()

    @classmethod
    def opened_from(cls, host: InspectScreen) -> SummaryScreen:
        return cls(host, host.variant)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield FigureSheet(id="page", at=self._at)
        yield BehindBoard()
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self._stale.set()
        self._follow_run()

    def changed(self, change: Change) -> None:
        self._stale.set()

    @work
    async def _follow_run(self) -> None:
        """Compute the figures of one snapshot after the other until the screen is left."""
        from tui.state.figures import Figures

        while await self._stale.wait():
            self._stale.clear()
            run = self.state.run()
            if run is None or not run.scored or (self._figures and run == self._figures.run):
                continue
            loop = asyncio.get_running_loop()
            # Tables have rows of items that are not scored yet, and these are in no figure.
            known = {} if self.state.ahead else self.state.tables.whole()
            self._figures = await loop.run_in_executor(_THREAD, Figures.of, run, known)
            self.draw()

    def draw(self) -> None:
        state = self.state
        scored = len(self._figures.run.scored) if self._figures else state.scored
        subject = f"{state.label(self.variant)} against {state.label(state.reference)}"
        subject += f", {scored:,} of {state.total:,} items scored"
        if state.notes.overruled:
            subject += f", {state.notes.overruled:,} overruled by hand"
        self.present("Summary", subject, self._lay_out)

    def _lay_out(self, width: int) -> list[Line]:
        figures, variant = self._figures, self.variant
        if figures is None or variant not in figures.frames:
            return [[("computing" if self.state.items else "no items are scored yet", "dim")]]
        state, statistics, frame = self.state, figures.statistics, figures.frames[variant]
        manifest = figures.run.manifest
        two = width >= TWO_COLUMNS
        room = (width - GAP) // 2 if two else width
        comparison = ComparisonFigures(
            statistics=next(part for part in statistics.comparisons if part.variant == variant),
            floor=statistics.floor,
            outcomes=counts(frame),
            never_choice=int(frame["never_choice_correct"].sum()),
            metrics=figures.metrics[variant],
            failures=figures.failures[variant],
            shift=figures.shifts[variant],
            partings=figures.partings[variant],
            points=probability_points(frame),
            manifest=manifest,
            record=next((record for record in manifest.variants if record.name == variant), None),
            target=_target(variant),
            labels=(state.label(state.reference), state.label(variant)),
        )
        blocks = comparison_blocks(comparison, room)
        if two:
            left, right = _halves(blocks)
            lines = columns((_stacked(left), _stacked(right)), (room, width - GAP - room), GAP)
        else:
            lines = _stacked(blocks)
        if len(state.variants) == 1:
            return lines
        title = f"{comparison.labels[1]} against {comparison.labels[0]}"
        overview = variants_lines(figures.variants, variant, width)
        return [*overview, [], [(displayable(title), "title")], [], *lines]

    # -- the items behind the figures ---------------------------------------------------------

    @on(FigureSheet.Moved)
    def _draw_behind(self) -> None:
        """Say which items are behind the figure, and how many there are."""
        behind, figures = self.query_one(FigureSheet).behind, self._figures
        if behind is None or figures is None:
            self.query_one(BehindBoard).show(None)
            return
        from engine.analysis.filters import parse_filter

        variant = behind.variant or self.variant
        count = figures.frames[variant].filter(parse_filter(behind.filter)).height
        self.query_one(BehindBoard).show(behind, self.state.label(variant), count)

    @on(FigureSheet.Opened)
    def _show_items(self, message: FigureSheet.Opened) -> None:
        behind, variant = message.behind, self.variant
        shown = Behind(behind.filter, behind.variant or variant)
        self._host.show_behind(shown, partial(SummaryScreen, self._host, variant, behind))
        self.dismiss()

    def action_variant(self, by: int) -> None:
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
