"""What brings answers back at the same cost."""

from __future__ import annotations

from typing import ClassVar

from tui.acting import Opening
from tui.actions import MEND, SHOW, Action
from tui.drawing.header import stage_text
from tui.screens.base import EngineNeeded
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen
from tui.state.remedying import LiveRemedy
from tui.state.session import Session


class RemediesScreen(PageScreen):
    """The search for remedies: begun here, followed here, and its table."""

    OPENS = Opening(
        InspectScreen,
        "remedies",
        "m",
        "mend",
        "What brings answers back at the same sparsity, chosen on half of the items and proven on "
        "the other half.",
        SHOW,
        footer=8,
    )
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "enter",
            "search",
            "search",
            "Search for what brings answers back, or go on with the search.",
            MEND,
            shown="⏎",
            footer=1,
        ),
        Action(
            "ctrl+n",
            "stop",
            "cancel",
            "Cancel the search; what was tried is kept.",
            MEND,
            shown="^n",
            footer=2,
            slug="cancel-search",
        ),
    )

    def __init__(self, session: Session, variant: str) -> None:
        super().__init__(session)
        self._variant = variant

    @classmethod
    def opened_from(cls, host: InspectScreen) -> RemediesScreen:
        return cls(host.session, host.variant)

    @property
    def _live(self) -> LiveRemedy | None:
        """The last search that was asked for here."""
        return next(iter(self.state.questions.of_kind(LiveRemedy)), None)

    def draw(self) -> None:
        # It brings polars, which nothing needs before.
        from tui.drawing.remedy_lines import remedy_lines

        live, state = self._live, self.state
        running = live is not None and live.running
        report = None if running else state.remedies
        trials = live.trials if live else []
        stage = stage_text(state.stage) if running and state.stage else ""
        if running and not stage:
            stage = "waiting for the scoring to end" if state.live else "starting"
        failure = live.failure if live else ""
        variant = report.variant.recipe if report else self._variant
        self.present(
            "Mend",
            state.label(variant),
            lambda width: remedy_lines(report, trials, stage, failure, width),
        )

    async def action_search(self) -> None:
        """Ask for the search, unless it is under way."""
        if self._live is None or not self._live.running:
            await self.session.ask(LiveRemedy.of(self._variant))
            self.post_message(EngineNeeded())
        self.draw()

    async def action_stop(self) -> None:
        """Cancel the search."""
        await self.session.cancel()
