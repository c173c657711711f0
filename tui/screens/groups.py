"""The items of a run in groups: by language, kind, failure mode or any other category."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

from textual import on, work
from textual.app import ComposeResult

from tui.acting import Opening
from tui.actions import SHOW, Action
from tui.drawing.behind import Behind
from tui.drawing.group_lines import group_table
from tui.drawing.lines import Line
from tui.screens.base import RunScreen
from tui.screens.inspect import InspectScreen
from tui.screens.items import CATCH_UP_PAUSE, CATCH_UP_SECONDS, VARIANT_ACTIONS
from tui.screens.page import BACK, TitleBoard
from tui.state.state import Change
from tui.widgets.behind_board import BehindBoard
from tui.widgets.boards import KeyBoard
from tui.widgets.by_board import ByBoard
from tui.widgets.line_table import LineTable

if TYPE_CHECKING:
    import polars as pl

    from engine.analysis.cuts import Cut
    from engine.analysis.groups import Grouping, Subtotal

GROUPS = "Among the groups"

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="groups")
"""One computation at a time, also where the screen is left and opened again meanwhile."""


class GroupsScreen(RunScreen):
    """A line for each group with its subtotals, and all items in the last one.

    Args:
        host: the inspector whose items these are.
        by: name of the column that they are grouped by; empty for the first that parts them.
        value: of the group that the cursor begins on.
    """

    AUTO_FOCUS = "#groups"
    OPENS = Opening(
        InspectScreen,
        "groups",
        "V",
        "groups",
        "The items in groups with subtotals: by language, kind, how they fail and so on.",
        SHOW,
        footer=7,
    )
    ACTIONS = (
        BACK,
        Action(
            "enter",
            "items",
            "items",
            "Show the items of the group.",
            GROUPS,
            1,
            "⏎",
        ),
        Action("right,tab", "by(1)", "next column", "Group by the next column.", GROUPS, 2, "→"),
        Action(
            "left,shift+tab",
            "by(-1)",
            "previous column",
            "Group by the column before.",
            GROUPS,
            3,
            "←",
        ),
        Action("s", "order", "order", "By size, by illusion, or by name.", GROUPS, 4),
        *VARIANT_ACTIONS,
    )

    def __init__(self, host: InspectScreen, by: str = "", value: str = "") -> None:
        super().__init__(host.session)
        self._host = host
        self.variant = host.variant
        self._by = by
        self._wanted = value
        self._order = 0
        self._cuts: tuple[Cut, ...] | None = None
        self._grouping: Grouping | None = None
        self._stale = asyncio.Event()

    @classmethod
    def opened_from(cls, host: InspectScreen) -> Self:
        return cls(host)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield ByBoard()
        yield LineTable(id="groups")
        yield BehindBoard()
        yield KeyBoard(id="keys")

    def on_mount(self) -> None:
        self._stale.set()
        self._follow_run()

    def changed(self, change: Change) -> None:
        self._stale.set()

    # -- what is computed ---------------------------------------------------------------------

    @work
    async def _follow_run(self) -> None:
        """Group the items as they are now, and again whenever they or the column change."""
        known: tuple[pl.DataFrame, str] | None = None
        self._draw()
        while await self._stale.wait():
            self._stale.clear()
            tables, variant = self.state.tables, self.variant
            if not tables.wanted:
                continue
            while not tables.catch_up(variant, CATCH_UP_SECONDS):
                await asyncio.sleep(CATCH_UP_PAUSE)
            if not tables.complete(variant):
                continue
            asked = (tables.of(variant).frame, self._by)
            if known is not None and known[0] is asked[0] and known[1] == asked[1]:
                continue
            loop = asyncio.get_running_loop()
            ahead = frozenset(self.state.ahead)
            found = await loop.run_in_executor(_THREAD, _grouped, *asked, ahead)
            known = asked
            self._cuts, self._grouping = found
            self._draw()

    @property
    def shown(self) -> list[Subtotal]:
        """The groups in their order, all items last."""
        grouping = self._grouping
        if grouping is None:
            return []
        return [*sorted(grouping.groups, key=ORDERS[self._order].key), grouping.total]

    @property
    def by(self) -> str:
        """What the items are grouped by; empty where they are not yet."""
        return self._grouping.by if self._grouping else ""

    @property
    def current(self) -> Subtotal | None:
        """The group under the cursor."""
        shown = self.shown
        return shown[self.query_one(LineTable).index] if shown else None

    # -- drawing ------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Show the groups; the cursor stays on its group."""
        grouping, shown = self._grouping, self.shown
        values = [one.value for one in shown]
        wanted = self._wanted or (self.current.value if self.current else "")
        at = values.index(wanted) if wanted in values else 0
        labels = (self.state.label(self.state.reference), self.state.label(self.variant))
        subject = f"{labels[1]} against {labels[0]}"
        if grouping is not None:
            self._wanted = ""
            count = len(grouping.groups)
            subject += f", {count:,} groups, {ORDERS[self._order].words}"
            subject += "; an item may be in several" if grouping.overlap else ""
        self.query_one(TitleBoard).show("Groups", subject)
        names = [cut.title for cut in self._cuts or ()]
        self.query_one(ByBoard).show(names, self._place)
        self.query_one(LineTable).show(
            lambda width: _lay_out(grouping, shown, width),
            at=at,
            placeholder="computing" if self._cuts is None else "nothing parts these items",
        )
        self._draw_behind()

    @property
    def _place(self) -> int:
        """Where the column stands among those that part the items."""
        names = [cut.name for cut in self._cuts or ()]
        return names.index(self.by) if self.by in names else 0

    @on(LineTable.Highlighted)
    def _draw_behind(self) -> None:
        group = self.current
        if group is None or group.filter is None:
            self.query_one(BehindBoard).show(None)
            return
        label = self.state.label(self.variant)
        self.query_one(BehindBoard).show(Behind(group.filter, self.variant), label, group.n)

    # -- keys ---------------------------------------------------------------------------------

    @on(LineTable.Opened)
    def action_items(self) -> None:
        """Show the items of the group in the inspector."""
        group, grouping = self.current, self._grouping
        if group is None or grouping is None:
            return
        if group.filter is None:
            self.notify("no filter can say what this group is called", severity="warning")
            return
        back = partial(GroupsScreen, self._host, grouping.by, group.value)
        self._host.show_behind(Behind(group.filter, self.variant), back)
        self.dismiss()

    def action_by(self, step: int) -> None:
        """Group by the next column."""
        if self._cuts:
            self._choose((self._place + step) % len(self._cuts))

    @on(ByBoard.Chosen)
    def _by_chosen(self, message: ByBoard.Chosen) -> None:
        self._choose(message.index)

    def _choose(self, place: int) -> None:
        if self._cuts:
            self._by = self._cuts[place].name
            self._stale.set()

    def action_order(self) -> None:
        self._order = (self._order + 1) % len(ORDERS)
        self._draw()

    def action_variant(self, by: int) -> None:
        names = self.state.variants
        self.variant = names[(names.index(self.variant) + by) % len(names)]
        self._stale.set()

    def action_close(self) -> None:
        self.dismiss()


class _Order(NamedTuple):
    words: str
    key: Callable[[Subtotal], tuple[float | str, ...]]


ORDERS = (
    _Order("the largest first", lambda one: (-one.n,)),
    _Order("the largest illusion first", lambda one: (-_illusion(one), -one.n)),
    _Order("by name", lambda one: (one.value,)),
)


def _illusion(group: Subtotal) -> float:
    """The illusion; where there can be none, less than any."""
    return group.illusion.value if group.illusion is not None and group.known else -2.0


def _lay_out(
    grouping: Grouping | None, shown: Sequence[Subtotal], width: int
) -> tuple[Line, list[Line]]:
    return ([], []) if grouping is None else group_table(grouping.title, shown, width)


def _grouped(
    frame: pl.DataFrame, by: str, ahead: Collection[str]
) -> tuple[tuple[Cut, ...], Grouping | None]:
    """The ways to part the items, and their groups by the one that is asked for, or the first."""
    from engine.analysis.cuts import cuts_of
    from engine.analysis.groups import group

    if ahead:
        # What is not scored yet is in no figure.
        frame = frame.filter(~frame["item_id"].is_in(list(ahead)))
    cuts = cuts_of(frame)
    if not cuts:
        return (), None
    return cuts, group(frame, next((cut for cut in cuts if cut.name == by), cuts[0]))
