"""The stage: one item in large type for a room full of people, told at the pace of one key."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult

from tui.acting import Opening
from tui.actions import SHOW, STAGE, Action
from tui.drawing.lines import Line
from tui.drawing.scenes import Beat, beats
from tui.drawing.stage_lines import message_lines, stage_lines
from tui.screens.base import RunScreen
from tui.screens.inspect import InspectScreen
from tui.state.session import Session
from tui.state.staging import Programme, programme, scene
from tui.state.state import Change
from tui.widgets.paint import Board

NOTHING = {
    "scores": ("no item is scored yet", "Come back when there are rows."),
    "demoted": (
        "in this run no answer was demoted while its choice stayed right",
        "The stage shows recognition-only items. A stronger recipe, or other items, may have some.",
    ),
}
"""What is said of a run that has nothing to show."""


class StageBoard(Board):
    """The whole screen, drawn for its size."""

    def __init__(self) -> None:
        super().__init__(id="stage")
        self._draw: Callable[[int, int], list[Line]] = lambda width, height: []

    def show(self, draw: Callable[[int, int], list[Line]]) -> None:
        self._draw = draw
        self.redraw()

    def lines(self, width: int) -> list[Line]:
        return self._draw(width, self.size.height)


class StageScreen(RunScreen):
    """Items that carry the point, each told beat by beat from what the run holds.

    Args:
        session: of the run.
        variant: that is compared; None chooses one that has something to show.
        item_id: the item to begin with, if it is recognition-only.
    """

    OPENS = Opening(
        InspectScreen,
        "stage",
        "S",
        "stage",
        "One item after the other in large type, for a room full of people.",
        SHOW,
    )
    ACTIONS = (
        Action(
            "space,right,pagedown,l",
            "forward",
            "next",
            "Tell what comes next.",
            STAGE,
            slug="stage-next",
        ),
        Action(
            "left,pageup,h",
            "back",
            "back",
            "Take the last one back.",
            STAGE,
            shown="←",
            slug="stage-back",
        ),
        Action("n", "item(1)", "next item", "Go to the next item.", STAGE),
        Action("p", "item(-1)", "previous item", "Go to the previous item.", STAGE),
        Action("escape,q", "close", "leave", "Leave the stage.", STAGE, shown="esc"),
    )

    def __init__(
        self, session: Session, variant: str | None = None, item_id: str | None = None
    ) -> None:
        super().__init__(session)
        self._variant = variant
        self._programme = Programme(variant or "", (), "scores")
        self._first = item_id
        self._number = 0
        self._beat = 0
        self._beats: list[Beat] = []

    @classmethod
    def opened_from(cls, host: InspectScreen) -> StageScreen:
        current = host.current
        return cls(host.session, host.variant, None if current is None else current.item.id)

    @property
    def item_id(self) -> str | None:
        """The item on stage."""
        return self._programme.ids[self._number] if self._programme.ids else None

    @property
    def told(self) -> list[Beat]:
        """What is told of it so far."""
        return self._beats[: self._beat + 1]

    @property
    def whole(self) -> int:
        """How many beats the item has."""
        return len(self._beats)

    def compose(self) -> ComposeResult:
        yield StageBoard()

    def on_mount(self) -> None:
        self.changed(~Change.NONE)

    def changed(self, change: Change) -> None:
        if not self._programme.ids:
            self._programme = programme(self.state, self._variant, self._first)
            if self._first in self._programme.ids:
                self._number = self._programme.ids.index(self._first)
        self._set()

    def on_click(self) -> None:
        self.action_forward()

    # -- keys ---------------------------------------------------------------------------------

    def action_forward(self) -> None:
        """Tell what comes next, of the next item where this one is told."""
        if self._beat + 1 < len(self._beats):
            self._beat += 1
            self._draw()
        else:
            self.action_item(1)

    def action_back(self) -> None:
        """Take back what was told last; before the first, the previous item as it ended."""
        if self._beat:
            self._beat -= 1
            self._draw()
        elif self._number:
            self.action_item(-1)
            self.tell_all()

    def action_item(self, by: int) -> None:
        number = self._number + by
        if 0 <= number < len(self._programme.ids):
            self._number, self._beat = number, 0
            self._set()

    def action_close(self) -> None:
        self.dismiss()

    def tell_all(self) -> None:
        """Show all of the item."""
        self.tell(len(self._beats))

    def tell(self, beats: int) -> None:
        """Show so many beats of the item."""
        self._beat = max(min(beats, len(self._beats)) - 1, 0)
        self._draw()

    # -- drawing ------------------------------------------------------------------------------

    def _set(self) -> None:
        if self.item_id is not None:
            self._beats = beats(scene(self.state, self.item_id, self._programme.variant))
            self._beat = min(self._beat, len(self._beats) - 1)
        self._draw()

    def _draw(self) -> None:
        self.query_one(StageBoard).show(self._lay_out)

    def _lay_out(self, width: int, height: int) -> list[Line]:
        state, shown = self.state, self._programme
        if self.session.down is not None and not shown.ids:
            return message_lines(self.session.down.message, self.session.down.hint, width, height)
        if not shown.ids:
            if not state.live and state.manifest is None:
                return message_lines("reading the run", "", width, height)
            return message_lines(*NOTHING[shown.lacking or "scores"], width, height)
        where = f"{self._number + 1} of {len(shown.ids)}"
        if shown.lacking == "recoveries":
            where = f"no recovery is stored: --recover adds them   {where}"
        model = state.manifest.model.name if state.manifest and state.manifest.model else ""
        run = "   ".join(filter(None, (model, state.label(shown.variant))))
        to_come = len(self._beats) - len(self.told)
        return stage_lines(self.told, to_come, where, run, width, height)
